"""What the validation house says to people."""

WORDS = {
    "verdict.passed": (
        "ລາຍເຊັນນີ້ຖືກຕ້ອງ: {name_lo}, {post_lo}, {organisation_lo}, ເຊັນເມື່ອ {time} (ດຳລັດ/ຂໍ້ຕົກລົງ {decree}).",
        "This signature is good: {name_en}, {post_en}, {organisation_en}, signed at {time} (decree {decree}).",
    ),
    "verdict.passed-without-post": (
        "ລາຍເຊັນນີ້ຖືກຕ້ອງ: {name_lo} ເຊັນເມື່ອ {time}, ແຕ່ເວລານັ້ນຜູ້ກ່ຽວບໍ່ໄດ້ຮັບຕຳແໜ່ງໃດໃນທະບຽນ.",
        "This signature is good: {name_en} signed at {time}, but held no post in the register at that time.",
    ),
    "verdict.not-mandated": (
        "ລາຍເຊັນເປັນຂອງ {name_lo} ແທ້, ແຕ່ເມື່ອ {time} ຜູ້ກ່ຽວບໍ່ມີສິດເຊັນເອກະສານປະເພດນີ້.",
        "{name_en} did sign, but at {time} had no mandate to sign this kind of document.",
    ),
    "verdict.changed": (
        "ເອກະສານຖືກປ່ຽນແປງຫຼັງຈາກເຊັນ ຫຼື ລາຍເຊັນເສຍຫາຍ. ຢ່າເຊື່ອຖືເອກະສານນີ້.",
        "The document was changed after it was signed, or its signature is damaged. Do not rely on it.",
    ),
    "verdict.revoked": (
        "ໃບຢັ້ງຢືນຂອງ {name_lo} ຖືກຖອນກ່ອນການເຊັນນີ້. ຢ່າເຊື່ອຖືເອກະສານນີ້.",
        "The certificate of {name_en} had been revoked before this was signed. Do not rely on it.",
    ),
    "verdict.revoked-perhaps-before": (
        "ໃບຢັ້ງຢືນຂອງ {name_lo} ຖືກຖອນແລ້ວ ແລະ ບໍ່ມີຫຼັກຖານວ່າເຊັນກ່ອນຖືກຖອນ. ຢ່າເຊື່ອຖືເອກະສານນີ້.",
        "The certificate of {name_en} is revoked, and nothing proves that this was signed before. Do not rely on it.",
    ),
    "verdict.try-later": (
        "ຕອນນີ້ຍັງກວດສະຖານະໃບຢັ້ງຢືນບໍ່ໄດ້. ເອກະສານອາດບໍ່ມີຫຍັງຜິດ.",
        "The status of the certificates cannot be learned right now. Nothing may be wrong with the document.",
    ),
    "verdict.stranger": (
        "ລາຍເຊັນນີ້ເຮັດດ້ວຍໃບຢັ້ງຢືນທີ່ລະບົບນີ້ບໍ່ຮູ້ຈັກ.",
        "This was signed with a certificate that is not known here.",
    ),
    "verdict.not-enough-evidence": (
        "ຫຼັກຖານບໍ່ພໍທີ່ຈະບອກວ່າລາຍເຊັນນີ້ຖືກຕ້ອງ ຫຼື ບໍ່.",
        "There is not enough evidence to say whether this signature is good.",
    ),
    "next.passed": ("ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.", "Nothing more to do."),
    "next.check-post": (
        "ກວດກັບກະຊວງຂອງຜູ້ເຊັນວ່າຜູ້ກ່ຽວມີສິດເຊັນ ຫຼື ບໍ່.",
        "Ask the signer's ministry whether the signer was entitled to sign.",
    ),
    "next.sign-again": (
        "ຂໍໃຫ້ຜູ້ສົ່ງເຊັນໃໝ່ ແລະ ສົ່ງສະບັບຕົ້ນມາອີກ.",
        "Ask the sender to sign again and to send the original.",
    ),
    "next.other-signer": (
        "ຂໍໃຫ້ຜູ້ທີ່ມີສິດເຊັນເອກະສານນີ້ຄືນໃໝ່.",
        "Ask somebody who has the mandate to sign this document again.",
    ),
    "next.later": ("ລອງໃໝ່ເມື່ອມີສັນຍານ.", "Try again when the line is back."),
    "document.not-pdf": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນ PDF. ສົ່ງເອກະສານ PDF ທີ່ເຊັນແລ້ວ.",
        "This file is not a PDF. Send the signed PDF document.",
    ),
    "document.unsigned": (
        "ເອກະສານນີ້ບໍ່ມີລາຍເຊັນເອເລັກໂຕຣນິກ. ສົ່ງສະບັບທີ່ເຊັນແລ້ວ ບໍ່ແມ່ນສະບັບພິມ ຫຼື ສະແກນ.",
        "This document has no electronic signature. Send the signed file itself, not a print or a scan.",
    ),
    "document.encrypted": (
        "ເອກະສານນີ້ຖືກລັອກດ້ວຍລະຫັດ. ຂໍສະບັບທີ່ບໍ່ໄດ້ລັອກຈາກຜູ້ສົ່ງ.",
        "This document is encrypted. Ask the sender for one without a password.",
    ),
    "document.malformed": (
        "ອ່ານໄຟລ໌ PDF ນີ້ບໍ່ໄດ້: ມັນເສຍຫາຍ. ຂໍໃຫ້ສົ່ງໃໝ່.",
        "This PDF cannot be read: it is damaged. Ask for it to be sent again.",
    ),
    "document.too-large": (
        "ໄຟລ໌ໃຫຍ່ເກີນ 20 MB. ສົ່ງໄຟລ໌ທີ່ນ້ອຍກວ່າ.",
        "The file is larger than 20 MB. Send a smaller one.",
    ),
    "document.too-many-signatures": (
        "ເອກະສານນີ້ມີລາຍເຊັນຫຼາຍເກີນ 20 ລາຍເຊັນ.",
        "This document has more than 20 signatures; it cannot be checked here.",
    ),
    "document.missing": (
        "ບໍ່ມີໄຟລ໌. ສົ່ງເອກະສານໃນຊ່ອງ file ແບບ multipart/form-data.",
        "There is no file. Send the document in the field `file` as multipart/form-data.",
    ),
    "document.other-question": (
        "ໃນແບບຟອມມີຊ່ອງທີ່ບໍ່ຮູ້ຈັກ. ໃຊ້ພຽງ file, rule ແລະ lang: ຄຳຕອບແມ່ນສຳລັບເວລາປັດຈຸບັນ.",
        "The form has a field that is not known here. Use file, rule and lang only: the answer is as of now.",
    ),
    "rule.unknown": (
        "ບໍ່ຮູ້ຈັກກົດນີ້. ໃຊ້ decree ຫຼື payment.",
        "This rule is not known. Use decree or payment.",
    ),
}
