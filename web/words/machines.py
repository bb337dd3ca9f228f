"""What is said about machines that ask for certificates by themselves: Lao, then English; each says what to do."""

WORDS = {
    "change.effect-machines": (
        "ເຄື່ອງຈະຂໍ {profile} ໄດ້ {most} ໃບພ້ອມກັນ ໂດຍບໍ່ມີຜູ້ອະນຸມັດແຕ່ລະໃບ, ເມື່ອອົງການ ແລະ ຜູ້ຮັບຜິດຊອບເຊັນແລ້ວ.",
        "Machines have {most} certificates of {profile} at once, undecided, when organisation and person have signed.",
    ),
    "change.effect-machines-end": (
        "ຄຳຂໍທີ່ລໍຖ້າຢູ່ {enrolments} ຄຳຂໍຈະບໍ່ໄດ້ອອກ. ໃບຢັ້ງຢືນທີ່ອອກແລ້ວຍັງໃຊ້ໄດ້ຈົນກວ່າຈະຖອນ.",
        "{enrolments} requests that wait are not issued. Certificates that were issued count until they are revoked.",
    ),
    "machine.allowance-unknown": (
        "ບໍ່ມີການອະນຸຍາດນີ້. ເບິ່ງ allowance-list.",
        "There is no such allowance. See allowance-list.",
    ),
    "machine.allowance-unproven": (
        "ບໍ່ມີສອງຄົນຕົກລົງໃຫ້ການອະນຸຍາດນີ້. ໃຫ້ວາງແຜນ allowance.grant ໃໝ່.",
        "Nobody provably agreed on this allowance. Plan allowance.grant anew.",
    ),
    "machine.allowance-ended": (
        "ການອະນຸຍາດນີ້ສິ້ນສຸດແລ້ວ. ໃຫ້ເຈົ້າໜ້າທີ່ລົງທະບຽນວາງແຜນອັນໃໝ່.",
        "This allowance has ended. Have the registration officers plan a new one.",
    ),
    "machine.allowance-not-yet": (
        "ການອະນຸຍາດນີ້ຍັງບໍ່ເລີ່ມ. ລໍຖ້າຈົນຮອດວັນເລີ່ມ.",
        "This allowance has not begun. Wait until its first day.",
    ),
    "machine.allowance-over": (
        "ການອະນຸຍາດນີ້ໝົດອາຍຸແລ້ວ. ໃຫ້ເຈົ້າໜ້າທີ່ລົງທະບຽນວາງແຜນອັນໃໝ່.",
        "This allowance is past its last day. Have the registration officers plan a new one.",
    ),
    "machine.not-confirmed": (
        "ອົງການຍັງບໍ່ໄດ້ຢັ້ງຢືນການອະນຸຍາດນີ້. ໃຫ້ເຈົ້າໜ້າທີ່ຂອງອົງການໃຊ້ allowance-confirm.",
        "The organisation has not confirmed this allowance. Have an officer of it run allowance-confirm.",
    ),
    "machine.confirmation-lapsed": (
        "ຜູ້ຢັ້ງຢືນແທນອົງການບໍ່ມີອຳນາດແລ້ວ. ໃຫ້ເຈົ້າໜ້າທີ່ຄົນອື່ນຂອງອົງການໃຊ້ allowance-confirm.",
        "Who confirmed for the organisation speaks for it no more. Have another officer of it run allowance-confirm.",
    ),
    "machine.not-accepted": (
        "ຜູ້ຮັບຜິດຊອບຍັງບໍ່ໄດ້ຍອມຮັບ. ໃຫ້ລາວໃຊ້ allowance-accept.",
        "The person who answers for the keys has not accepted it. Have him run allowance-accept.",
    ),
    "machine.other-person": (
        "ຜູ້ຮັບຜິດຊອບຂອງການອະນຸຍາດນີ້ແມ່ນຄົນອື່ນ. ໃຫ້ລາວຍອມຮັບເອງ.",
        "Another person answers for this allowance. He must accept it himself.",
    ),
    "machine.person-left": (
        "ຜູ້ຮັບຜິດຊອບບໍ່ມີຕຳແໜ່ງໃນອົງການນັ້ນ. ໃຫ້ວາງແຜນການອະນຸຍາດທີ່ມີຄົນອື່ນຮັບຜິດຊອບ.",
        "The person who answers holds no post in that organisation. Plan an allowance for which another answers.",
    ),
    "machine.identity-lapsed": (
        "ຜູ້ຮັບຜິດຊອບບໍ່ມີໃບຢັ້ງຢືນຂອງຕົນທີ່ຍັງໃຊ້ໄດ້ ແລະ ຢັ້ງຢືນແລ້ວ. ໃຫ້ລາວລົງທະບຽນທີ່ໂຕະກ່ອນ.",
        "The person who answers has no living certificate of his own, confirmed by him. He must enrol at a desk first.",
    ),
    "machine.names-not-for-profile": (
        "ຊື່ບໍ່ເໝາະກັບຊະນິດນີ້: tls-server ໃຊ້ zones ແລະ hosts, ຊະນິດອື່ນໃຊ້ common_names.",
        "These names do not go with the profile: tls-server has zones and hosts, the others have common_names.",
    ),
    "machine.name-outside-zone": (
        "ຊື່ທີ່ຂໍບໍ່ຢູ່ໃນການອະນຸຍາດນີ້. ຂໍສະເພາະຊື່ທີ່ allowance-show ສະແດງ.",
        "A name that was asked for is not of this allowance. Ask for names that allowance-show lists.",
    ),
    "machine.profile": (
        "ການອະນຸຍາດນີ້ບໍ່ແມ່ນສຳລັບໃບຢັ້ງຢືນຊະນິດນີ້. ເບິ່ງ allowance-show.",
        "This allowance is not for certificates of this profile. See allowance-show.",
    ),
    "machine.protocol": (
        "ການອະນຸຍາດນີ້ບໍ່ໃຫ້ໃຊ້ໂປຣໂຕຄໍນີ້. ເບິ່ງ allowance-show.",
        "This allowance is not for this protocol. See allowance-show.",
    ),
    "machine.protocol-off": (
        "CA ບໍ່ໄດ້ເປີດໂປຣໂຕຄໍນີ້. ໃຊ້ EST, CMP ຫຼື ACME; ການເປີດຕ້ອງມີສອງຄົນເຫັນດີ (configuration.set).",
        "This protocol is not switched on. Use EST, CMP or ACME; two persons may switch it on (configuration.set).",
    ),
    "machine.algorithm": (
        "ໃຊ້ອັນກໍຣິດທຶມທີ່ອ່ອນເກີນໄປ. ໃຊ້ RSA ຕັ້ງແຕ່ 3072 ບິດ, SHA-256 ແລະ AES.",
        "An algorithm is too weak, or not known here. Use RSA of 3072 bits or more, SHA-256 and AES.",
    ),
    "machine.too-many": (
        "ຈຳນວນໃບຢັ້ງຢືນຮອດຂີດຈຳກັດແລ້ວ. ຖອນໃບທີ່ບໍ່ໃຊ້ ຫຼື ຂໍການອະນຸຍາດທີ່ໃຫຍ່ກວ່າ.",
        "As many certificates live as are allowed. Revoke those that are not used, or have more allowed.",
    ),
    "machine.too-many-open": (
        "ຄຳຂໍທີ່ລໍຖ້າມີຫຼາຍເກີນໄປ. ລໍຖ້າແລ້ວລອງໃໝ່.",
        "Too many requests wait at once. Try again in a while.",
    ),
    "machine.new-key": (
        "ການອະນຸຍາດນີ້ບໍ່ໃຫ້ປ່ຽນກະແຈເອງ. ໃຊ້ກະແຈເກົ່າ ຫຼື ຂໍລະຫັດໃໝ່.",
        "This allowance does not let machines change keys by themselves. Keep the key, or ask for a new secret.",
    ),
    "machine.secret-unknown": (
        "ບໍ່ມີລະຫັດນີ້. ຂໍລະຫັດໃໝ່ຈາກເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "There is no such secret. Ask a registration officer for a new one.",
    ),
    "machine.secret-wrong": (
        "ລະຫັດບໍ່ຖືກ. ກວດແລ້ວພິມໃໝ່.",
        "The secret is wrong. Look at it and type it again.",
    ),
    "machine.secret-used": (
        "ລະຫັດນີ້ໃຊ້ແລ້ວ ຫຼື ຖອນແລ້ວ. ຂໍລະຫັດໃໝ່ຈາກເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "This secret was used already, or withdrawn. Ask a registration officer for a new one.",
    ),
    "machine.secret-over": (
        "ລະຫັດນີ້ໝົດອາຍຸແລ້ວ. ຂໍລະຫັດໃໝ່ຈາກເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "This secret is past its last day. Ask a registration officer for a new one.",
    ),
    "machine.secret-unproven": (
        "ບໍ່ມີເຈົ້າໜ້າທີ່ຄົນໃດເຮັດລະຫັດນີ້. ຂໍລະຫັດໃໝ່ຈາກເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "No officer provably made this secret. Ask a registration officer for a new one.",
    ),
    "machine.no-doors": (
        "ບໍ່ມີກະແຈ doors ຢູ່ທີ່ນີ້. ໃຫ້ຜູ້ດູແລວາງໄວ້ຕາມ docs/machines.md.",
        "The key `doors` is not here. Have an administrator put it in place as docs/machines.md says.",
    ),
    "machine.other-names": (
        "ຄຳຂໍບໍ່ແມ່ນສຳລັບຊື່ໃນໃບຢັ້ງຢືນທີ່ສະແດງ. ຂໍຊື່ອື່ນດ້ວຍລະຫັດໃໝ່.",
        "The request is not for the names of the certificate that was shown. Ask for other names by a new secret.",
    ),
    "machine.proof-wrong": (
        "ຂໍ້ຄວາມບໍ່ໄດ້ປ້ອງກັນດ້ວຍລະຫັດ ຫຼື ກະແຈທີ່ບອກ, ຫຼື ບໍ່ກ່ຽວກັບຄຳຂໍນີ້. ສ້າງໃໝ່ແລ້ວສົ່ງ.",
        "The message is not protected by what it names, or not about this. Make it anew and send it again.",
    ),
    "machine.proof-stale": (
        "ໂມງຂອງເຄື່ອງຕ່າງຈາກຂອງເຮົາເກີນ 5 ນາທີ. ຕັ້ງໂມງແລ້ວສົ່ງໃໝ່.",
        "The machine's clock is more than five minutes off ours. Set it, and send again.",
    ),
    "machine.transaction-used": (
        "ເລກທຸລະກຳນີ້ໃຊ້ແລ້ວ. ເລີ່ມທຸລະກຳໃໝ່.",
        "This transaction's number was used already. Begin a new transaction.",
    ),
    "machine.credential": (
        "ໂປຣໂຕຄໍນີ້ບໍ່ຮັບຫຼັກຖານຊະນິດນີ້. ເບິ່ງ docs/machines.md.",
        "This protocol does not take this kind of credential. See docs/machines.md.",
    ),
    "machine.certificate-unknown": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້ອອກໃຫ້ການອະນຸຍາດນີ້. ໃຊ້ໃບຂອງເຄື່ອງນີ້ ຫຼື ຂໍລະຫັດໃໝ່.",
        "This certificate was not issued under this allowance. Use the machine's own, or ask for a new secret.",
    ),
    "machine.certificate-ended": (
        "ໃບຢັ້ງຢືນເກົ່າໃຊ້ບໍ່ໄດ້ແລ້ວ. ຂໍລະຫັດໃໝ່ຈາກເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "The old certificate counts no more. Ask a registration officer for a new secret.",
    ),
}
