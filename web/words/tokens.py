"""Why a key of ours cannot be used, for whoever stands at the token: Lao, then English.

The exact sentence, with the token's name, is `signers`' own, in English; verbs say it after the Lao one.
"""

WORDS = {
    "key.unusable": (
        "ໃຊ້ກະແຈນີ້ບໍ່ໄດ້. ເຮັດຕາມທີ່ບອກໄວ້ຂ້າງລຸ່ມ ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ.",
        "The key cannot be used. Do what is said below, then run it again: what is done stays done.",
    ),
    "key.missing": (
        "ບໍ່ມີກະແຈນີ້ໃນອຸປະກອນເກັບກະແຈ ຫຼື ໃນໄຟລ໌ທີ່ລະບຸ. ກວດທີ່ຢູ່ຂອງກະແຈ (object=) ຫຼື ຈັດພິທີສ້າງກະແຈ.",
        "There is no such key in that token or file. Check its URI (object=), or hold the ceremony that makes it.",
    ),
    "key.token-missing": (
        "ບໍ່ພົບອຸປະກອນເກັບກະແຈ. ສຽບອຸປະກອນ ຫຼື ກວດ token= ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ.",
        "The token is not there. Plug it in or check token=, then run it again: what is done stays done.",
    ),
    "key.token-ambiguous": (
        "ມີອຸປະກອນເກັບກະແຈຊື່ດຽວກັນຫຼາຍອັນ. ເພີ່ມ serial= ໃສ່ທີ່ຢູ່ຂອງກະແຈ.",
        "Several tokens have this name. Add serial= to the URI to say which.",
    ),
    "key.token-unrecognised": (
        "ບໍ່ຮູ້ຈັກອຸປະກອນເກັບກະແຈນີ້. ກວດເຄື່ອງອ່ານ; ຖ້າເປັນອຸປະກອນໃໝ່ ໃຫ້ຕັ້ງຄ່າກ່ອນ.",
        "The token is not recognised. Look at its reader, and initialise it if it is new.",
    ),
    "key.pin-wrong": (
        "ລະຫັດ PIN ຂອງອຸປະກອນເກັບກະແຈບໍ່ຖືກຕ້ອງ. ແກ້ ຫຼື ຂຽນໄຟລ໌ PIN ຄືນ ແລ້ວແລ່ນຄືນໃໝ່: ລະຫັດທີ່ຜິດບໍ່ຖືກໃຊ້ຊ້ຳກ່ອນນັ້ນ.",
        "The token's PIN is wrong. Correct its file or write it again, then run it again: it is shown once a writing.",
    ),
    "key.pin-locked": (
        "ລະຫັດ PIN ຖືກລັອກ. ໃຫ້ເຈົ້າໜ້າທີ່ຄວາມປອດໄພຂອງອຸປະກອນຕັ້ງໃໝ່ ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ.",
        "The token's PIN is locked. Its security officer must reset it; then run it again: what is done stays done.",
    ),
    "key.pin-expired": (
        "ລະຫັດ PIN ໝົດອາຍຸ. ໃຫ້ເຈົ້າໜ້າທີ່ຄວາມປອດໄພຂອງອຸປະກອນຕັ້ງລະຫັດໃໝ່.",
        "The token's PIN has expired. Its security officer must set another.",
    ),
    "key.pin-unset": (
        "ອຸປະກອນເກັບກະແຈຍັງບໍ່ມີລະຫັດ PIN. ໃຫ້ເຈົ້າໜ້າທີ່ຄວາມປອດໄພຂອງອຸປະກອນຕັ້ງ.",
        "The token has no PIN yet. Its security officer must set one.",
    ),
    "key.token-protected": (
        "ອຸປະກອນເກັບກະແຈກັນການຂຽນໄວ້. ປົດການກັນອອກກ່ອນພິທີ ແລ້ວແລ່ນຄືນໃໝ່.",
        "The token is write-protected. Take the protection off for the ceremony, then run it again.",
    ),
    "key.token-full": (
        "ອຸປະກອນເກັບກະແຈເຕັມແລ້ວ. ເອົາກະແຈທີ່ບໍ່ໃຊ້ອອກ ຫຼື ໃຊ້ອຸປະກອນອື່ນ ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ.",
        "The token is full. Remove keys that are not needed, or use another. Run it again: what is done stays done.",
    ),
    "key.token-busy": (
        "ອຸປະກອນເກັບກະແຈມີໂປຣແກຣມອື່ນໃຊ້ເຕັມແລ້ວ. ປິດໂປຣແກຣມນັ້ນ ແລ້ວແລ່ນຄືນໃໝ່.",
        "The token has no session left. Stop another program that uses it, then run it again.",
    ),
    "key.token-fault": (
        "ອຸປະກອນເກັບກະແຈເຮັດບໍ່ໄດ້. ກວດອຸປະກອນ ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ.",
        "The token does not do it. Look at the token, then run it again: what is done stays done.",
    ),
}
