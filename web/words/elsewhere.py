"""Words for what is refused where people answer what was asked elsewhere."""

_AGAIN_LO = "ກະລຸນາເລີ່ມໃໝ່ທີ່ເຄື່ອງ ຫຼື ບໍລິການນັ້ນ."
_AGAIN = "Begin again at that device or service."

WORDS = {
    "elsewhere.unknown": (
        "ບໍ່ມີຄຳຂໍນີ້ສຳລັບທ່ານ. ກະລຸນາກວດລະຫັດໃນຈໍຂອງເຄື່ອງນັ້ນ ແລ້ວພິມໃໝ່.",
        "Nothing waits for you here. Check the code on that device's screen and type it again.",
    ),
    "elsewhere.expired": (f"ຄຳຂໍນີ້ໝົດເວລາແລ້ວ. {_AGAIN_LO}", f"This request is past its time. {_AGAIN}"),
    "elsewhere.changed": (
        f"ບໍລິການໄດ້ປ່ຽນຊື່ ຫຼື ທີ່ຢູ່ ຫຼັງຈາກທີ່ຖາມທ່ານ. {_AGAIN_LO}",
        f"The service has changed its name or address since it asked you. {_AGAIN}",
    ),
    "elsewhere.answered": (
        f"ຄຳຂໍນີ້ຕອບໄປແລ້ວ. ຖ້າທ່ານບໍ່ໄດ້ຕອບເອງ ກະລຸນາແຈ້ງສູນບໍລິການ. {_AGAIN_LO}",
        f"This request was answered already. If that was not you, tell the service centre. {_AGAIN}",
    ),
    "elsewhere.level": (
        "ບໍລິການນີ້ຕ້ອງການໃຫ້ທ່ານພິສູດຕົວຫຼາຍກວ່ານີ້. ກະລຸນາອອກຈາກລະບົບ ແລ້ວເຂົ້າໃໝ່ດ້ວຍລະຫັດຄັ້ງດຽວ ຫຼື ໃບຢັ້ງຢືນ.",
        "This service asks you to show more. Sign out, and in again with a one-time code or your certificate.",
    ),
    "elsewhere.too-many-tries": (
        "ລອງຫຼາຍເທື່ອເກີນໄປ. ກະລຸນາລໍຖ້າ 15 ນາທີ ແລ້ວເລີ່ມໃໝ່ທີ່ເຄື່ອງນັ້ນ.",
        "Too many tries. Wait 15 minutes, then begin again at that device.",
    ),
    "elsewhere.not-signed-in": (
        "ທ່ານຍັງບໍ່ໄດ້ເຂົ້າລະບົບ ແລະ ບໍ່ມີຫຍັງຖືກຕອບ. ເປີດ /approve, /device, /sessions ຫຼື /consents ເມື່ອຕ້ອງການ.",
        "You did not sign in, and nothing was answered. Open /approve, /device, /sessions or /consents when you like.",
    ),
    "elsewhere.not-set-up": (
        "ໜ້ານີ້ຍັງບໍ່ທັນພ້ອມ. ກະລຸນາແຈ້ງຜູ້ດູແລລະບົບ: ຕ້ອງລົງທະບຽນໜ້ານີ້ດ້ວຍ client-add (docs/integration.md).",
        "This page is not set up yet. Tell the administrators: client-add registers it (docs/integration.md).",
    ),
    "client.backchannel": (
        "ການຖາມຫາຄົນ (CIBA) ບໍ່ຄົບ: ໃຊ້ poll ຫຼື ping ໃນ standard gov ຫຼື fapi2, ping ຕ້ອງມີທີ່ຢູ່ https, ແລະ ຕ້ອງມີກະແຈ.",
        "For CIBA use poll or ping in profile standard, gov or fapi2, with --jwks; ping needs a --notification-uri.",
    ),
}
