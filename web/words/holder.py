"""What the holder's own page and our own sign-ins say when they refuse: Lao, then English; each says what to do."""

WORDS = {
    "holder.ground": (
        "ເລືອກເຫດຜົນອັນໃດອັນໜຶ່ງໃນລາຍການ. ເຫດຜົນອື່ນ ໃຫ້ແຈ້ງເຈົ້າໜ້າທີ່.",
        "Choose one of the grounds in the list. For any other, tell a registration officer.",
    ),
    "holder.expired": (
        "ໃບຢັ້ງຢືນນີ້ໝົດອາຍຸແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "This certificate has expired. Nothing needs to be done.",
    ),
    "sign-on.lost": (
        "ການເຂົ້າລະບົບນີ້ຈົບແລ້ວ ຫຼື ເລີ່ມຢູ່ບ່ອນອື່ນ. ເປີດ /certificates ເບິ່ງວ່າຂອງທ່ານເປັນແນວໃດ.",
        "This sign-in is over, or began elsewhere. Open /certificates: it shows how things are now.",
    ),
    "sign-on.refused": (
        "ບໍ່ໄດ້ເຂົ້າລະບົບ, ບໍ່ມີຫຍັງປ່ຽນແປງ. ເປີດ /certificates ເພື່ອລອງອີກ.",
        "You did not sign in, and nothing was changed. Open /certificates to try again.",
    ),
    "sign-on.code": (
        "ການເຂົ້າລະບົບນີ້ໃຊ້ບໍ່ໄດ້ແລ້ວ. ເປີດ /certificates ເບິ່ງວ່າຂອງທ່ານເປັນແນວໃດ.",
        "This sign-in counts no more. Open /certificates: it shows how things are now.",
    ),
    "sign-on.token": (
        "ຄຳຕອບຂອງລະບົບເຂົ້າໃຊ້ບໍ່ຖືກຕ້ອງ, ບໍ່ມີຫຍັງປ່ຽນແປງ. ລອງອີກ; ຖ້າຍັງບໍ່ໄດ້ ໃຫ້ແຈ້ງສູນ.",
        "The provider's answer does not prove who you are, and nothing was changed. Try again; then tell the centre.",
    ),
    "sign-on.nobody": (
        "ບໍ່ພົບທ່ານໃນທະບຽນ. ໃຫ້ໄປສູນໃກ້ບ້ານ.",
        "The register does not know whoever signed in. Go to the nearest centre.",
    ),
    "sign-on.stale": (
        "ທ່ານເຂົ້າລະບົບດົນແລ້ວ, ບໍ່ມີຫຍັງປ່ຽນແປງ. ເປີດ /certificates ແລ້ວເຂົ້າລະບົບອີກ.",
        "You signed in too long ago, and nothing was changed. Open /certificates and sign in again.",
    ),
    "sign-on.level": (
        "ລະຫັດຜ່ານຢ່າງດຽວບໍ່ພໍ. ເຂົ້າລະບົບອີກ ດ້ວຍລະຫັດເທື່ອດຽວ ຫຼື ໃບຢັ້ງຢືນ.",
        "A password alone does not suffice. Sign in again with a one-time code or a certificate.",
    ),
    "sign-on.cut-off": (
        "ບັນຊີຂອງທ່ານຖືກປິດຫຼັງຈາກທ່ານເຂົ້າລະບົບ. ໃຫ້ໄປສູນໃກ້ບ້ານ.",
        "You were cut off after you signed in. Go to the nearest centre.",
    ),
    "sign-on.used": (
        "ການຢືນຢັນນີ້ໃຊ້ໄປແລ້ວ. ເປີດ /certificates ເບິ່ງວ່າຂອງທ່ານເປັນແນວໃດ.",
        "This confirmation was used before. Open /certificates: it shows how things are now.",
    ),
    "sign-on.away": (
        "ລະບົບເຂົ້າໃຊ້ບໍ່ຕອບ, ບໍ່ມີຫຍັງປ່ຽນແປງ. ຖ້າດ່ວນ ໃຫ້ໃຊ້ໃບລະຫັດຢູ່ໜ້າ /report ຫຼື ໄປສູນໃກ້ບ້ານ.",
        "The provider does not answer, and nothing was changed. If it is urgent, use your slip at /report or a centre.",
    ),
}
