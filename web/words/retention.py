"""What is said when records are not erased, held or released: Lao, then English; each says what to do."""

WORDS = {
    "erasure.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ນີ້. ການລຶບ ແລະ ການປົດ ແມ່ນຂອງຜູ້ປະຕິບັດການ; ເຈົ້າໜ້າທີ່ລົງທະບຽນຮັກສາໄວ້ໄດ້.",
        "Your duty does not allow this. A CA operator erases and releases; a registration officer may hold too.",
    ),
    "erasure.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງສິ່ງນີ້. ເຊັນໃໝ່.",
        "What was signed is not this. Sign anew.",
    ),
    "erasure.person-unknown": (
        "ບໍ່ມີເລກບຸກຄົນນີ້ໃນທະບຽນ. ກວດເລກຄືນ.",
        "No person with this number is in the register. Check the number.",
    ),
    "erasure.changed": (
        "ສິ່ງທີ່ລຶບໄດ້ປ່ຽນໄປແລ້ວ. ໃຊ້ຄຳສັ່ງ purge ເບິ່ງແຜນໃໝ່.",
        "What may be erased is not what this plan named any more. Run `purge` again and look at the new plan.",
    ),
    "erasure.released-by-him": (
        "ທ່ານປົດການຮັກສາໄວ້ຂອງບຸກຄົນໃນແຜນນີ້ເອງ. ໃຫ້ຜູ້ປະຕິບັດການຄົນອື່ນສັ່ງລຶບ.",
        "You lifted a hold on a person of this plan yourself. Another CA operator must order the erasure.",
    ),
    "erasure.own": (
        "ນີ້ແມ່ນບັນທຶກກ່ຽວກັບຕົວທ່ານເອງ. ໃຫ້ຜູ້ປະຕິບັດການຄົນອື່ນເຮັດ.",
        "These are records about yourself. Another CA operator must do this.",
    ),
    "erasure.nothing": (
        "ບໍ່ມີຫຍັງທີ່ຕ້ອງລຶບ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "There is nothing to erase. Nothing needs to be done.",
    ),
    "erasure.not-held": (
        "ບໍ່ມີການຮັກສາໄວ້ສຳລັບບຸກຄົນນີ້. ກວດເລກຄືນ.",
        "The records of this person are not held. Check the number.",
    ),
    "erasure.not-as-written": (
        "ແຖວໜຶ່ງບໍ່ກົງກັບບັນຊີກວດສອບ. ບໍ່ລຶບຕໍ່: ໃຊ້ຄຳສັ່ງ ledger-verify ແລະ ແຈ້ງຜູ້ກວດສອບ.",
        "A row is not what its entry names, so nothing more is erased. Run `ledger-verify` and tell the auditor.",
    ),
    "unproven.no-order": (
        "ບໍ່ມີໃຜສັ່ງການລຶບນີ້. ສິ່ງທີ່ລຶບແລ້ວເອົາຄືນບໍ່ໄດ້. ຖາມຜູ້ທີ່ຂຽນ.",
        "Nobody ordered this erasure. What is gone does not come back: ask who wrote it.",
    ),
    "unproven.order-void": (
        "ຄຳສັ່ງລຶບນີ້ບໍ່ມີລາຍເຊັນທີ່ໃຊ້ໄດ້ຂອງຜູ້ປະຕິບັດການ. ຖາມຜູ້ທີ່ຂຽນ.",
        "The order does not verify, or is not by a person who was provably a CA operator then. Ask who wrote it.",
    ),
    "unproven.not-ordered": (
        "ລຶບຫຼາຍກວ່າ ຫຼື ຕ່າງຈາກສິ່ງທີ່ສັ່ງ. ຖາມຜູ້ທີ່ຂຽນ.",
        "More went than was ordered, or what never may go. Ask who wrote it.",
    ),
}
