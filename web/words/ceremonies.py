"""Why a ceremony stops, for those who hold it: Lao, then English. What exactly is wrong is said after it."""

WORDS = {
    "ceremony.failed": (
        "ພິທີຢຸດຢູ່ຂັ້ນຕອນນີ້. ແກ້ຕາມທີ່ບອກໄວ້ ແລ້ວແລ່ນ ceremony-run ຄືນໃໝ່: ຂັ້ນຕອນທີ່ເຮັດແລ້ວຈະບໍ່ເຮັດຊ້ຳ.",
        "The ceremony stops at this step. Put right what is said, then run ceremony-run again: no step is done twice.",
    ),
    "ceremony.approval-invalid": (
        "ການອະນຸມັດຍັງບໍ່ພໍ ຫຼື ໃຊ້ບໍ່ໄດ້. ໃຫ້ຜູ້ປະຕິບັດອະນຸມັດແຜນນີ້ດ້ວຍກະແຈຂອງຕົນ (ceremony-approve).",
        "The approvals do not suffice. Have operators approve this very plan with their own keys (ceremony-approve).",
    ),
    "ceremony.approval-lapsed": (
        "ການອະນຸມັດໝົດອາຍຸແລ້ວ ຫຼື ວັນເວລາຢູ່ໃນອະນາຄົດ. ກວດໂມງຂອງເຄື່ອງ ແລ້ວໃຫ້ຜູ້ປະຕິບັດອະນຸມັດຄືນໃໝ່ (ceremony-approve).",
        "An approval has lapsed, or is of the future. Look at the machine's clock, and have him approve again.",
    ),
    "ceremony.plan-unfit": (
        "ແຜນນີ້ຈັດພິທີບໍ່ໄດ້. ແກ້ແຜນຕາມທີ່ບອກໄວ້ ແລ້ວໃຫ້ອະນຸມັດຄືນໃໝ່.",
        "The plan cannot be held as it is. Correct what is named, and have it approved anew.",
    ),
}
