"""What is said about campaigns that replace certificates, and about the stop button: Lao, then English."""

WORDS = {
    "reissue.selection-empty": (
        "ຍັງບໍ່ໄດ້ບອກວ່າຈະປ່ຽນໃບໃດ. ໃຫ້ລະບຸຢ່າງໜ້ອຍໜຶ່ງຢ່າງ: --issuer, --desk, --algorithm, --profile, --since ຫຼື --key-type.",
        "Nothing is selected. Name at least one: --issuer, --desk, --algorithm, --profile, --since or --key-type.",
    ),
    "reissue.profile-unknown": (
        "ບໍ່ມີໃບຢັ້ງຢືນຊະນິດນີ້. ເບິ່ງ profile-list.",
        "There is no such profile. See `profile-list`.",
    ),
    "reissue.algorithm-unknown": (
        "ບໍ່ຮູ້ຈັກວິທີນີ້. ໃຊ້ຊື່ຄື ES256, ES384, RS256, EdDSA, ML-DSA-44.",
        "There is no such algorithm here. Use a name such as ES256, ES384, RS256, EdDSA or ML-DSA-44.",
    ),
    "reissue.day": (
        "ວັນທີນີ້ອ່ານບໍ່ໄດ້. ຂຽນຄື 2027-01-31.",
        "This day cannot be read. Write it as 2027-01-31.",
    ),
    "reissue.deadline-past": (
        "ວັນສຸດທ້າຍຜ່ານໄປແລ້ວ: ໃບເກົ່າທັງໝົດຈະໝົດທັນທີ ໂດຍບໍ່ມີໃຜຮູ້. ຂຽນວັນທີ່ຍັງບໍ່ທັນຮອດ.",
        "The deadline is over already: all old ones would end at once and nobody be told. Say a later one.",
    ),
    "reissue.before-ahead": (
        "ເວລາໃນ before ຍັງບໍ່ທັນຮອດ: ໃບໃໝ່ທີ່ອອກແທນໃບເກົ່າກໍຈະຖືກປ່ຽນອີກ. ຂຽນເວລາປັດຈຸບັນ ຫຼື ກ່ອນນັ້ນ.",
        "The time in `before` is still to come: what replaces the old would be replaced too. Say now or earlier.",
    ),
    "reissue.nobody": (
        "ບໍ່ມີໃບຢັ້ງຢືນທີ່ຍັງໃຊ້ໄດ້ ຕາມທີ່ເລືອກ ຫຼື ທຸກໃບຢູ່ໃນການປ່ຽນອື່ນແລ້ວ. ກວດສິ່ງທີ່ເລືອກຄືນ.",
        "No living certificate of a holder is selected, or all are in another campaign already. Check the selection.",
    ),
    "reissue.no-issuer": (
        "ບໍ່ມີຜູ້ອອກທີ່ບໍ່ເສຍຫາຍ ເພື່ອອອກໃບໃໝ່. ໃຫ້ເຮັດພິທີກ່ອນ: python -m scripts rollover ຊື່.",
        "No unaffected issuer could issue the new ones. Hold `rollover NAME` first, for each that the preview names.",
    ),
    "reissue.outdated": (
        "ສິ່ງທີ່ຖືກກະທົບບໍ່ຄືເກົ່າແລ້ວ. ເບິ່ງຄືນໂດຍບໍ່ມີ --start ແລ້ວໃຊ້ເລກໃໝ່.",
        "What is affected is not what this digest was of any more. Look again without --start, and use the new digest.",
    ),
    "reissue.key-broken": (
        "ກະແຈໃໝ່ເປັນຊະນິດທີ່ເສຍຫາຍ. ໃຫ້ສ້າງກະແຈຊະນິດອື່ນ.",
        "The new key is of the kind that is broken, or leads to an issuer that is. Make a key of another kind.",
    ),
    "reissue.key-old": (
        "ໃບນີ້ຕ້ອງປ່ຽນດ້ວຍກະແຈໃໝ່. ໃຫ້ສ້າງກະແຈໃໝ່ ແລ້ວໃຊ້ rekey --request.",
        "This certificate is replaced with a new key. Make one, and use `rekey --request`.",
    ),
    "reissue.unknown": (
        "ບໍ່ມີການປ່ຽນໃບຢັ້ງຢືນນີ້ ຫຼື ສຳເລັດແລ້ວ. ເບິ່ງ reissue-status.",
        "There is no such campaign, or it is over. See `reissue-status`.",
    ),
    "reissue.effect-lane": (
        "{lane}: ຈະປ່ຽນ {certificates} ໃບ ຂອງ {persons} ຄົນ.",
        "{lane}: {certificates} certificates of {persons} persons will be replaced.",
    ),
    "reissue.effect-desk": (
        "{certificates} ໃບ ເຈົ້າຂອງຕ້ອງໄປຫ້ອງລົງທະບຽນດ້ວຍຕົນເອງ.",
        "The holders of {certificates} of them must come to a desk in person.",
    ),
    "reissue.effect-gone": (
        "{certificates} ໃບ ຈະບໍ່ປ່ຽນ: ເຈົ້າຂອງຖືກຕັດສິດ ຫຼື ອອກແລ້ວ.",
        "{certificates} of them are not replaced: their holders are cut off or have left.",
    ),
    "reissue.effect-running": (
        "ມີການປ່ຽນອື່ນ {campaigns} ອັນ ກຳລັງດຳເນີນ: ໃບທີ່ຢູ່ໃນນັ້ນແລ້ວ ບໍ່ຖືກນັບຄືນ.",
        "{campaigns} other campaigns are running: what is in one of them already stays there.",
    ),
    "issuance.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ນີ້. ເຈົ້າໜ້າທີ່ລົງທະບຽນ ຫຼື ຜູ້ປະຕິບັດການ ຢຸດໄດ້; ຜູ້ປະຕິບັດການເທົ່ານັ້ນ ໃຫ້ເຮັດຕໍ່ໄດ້.",
        "Your duty does not allow this. Officers, CA operators and administrators stop; only CA operators resume.",
    ),
    "issuance.switched-already": (
        "ເປັນແບບນັ້ນຢູ່ແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "It is so already. Nothing is to be done.",
    ),
    "issuance.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງສິ່ງນີ້. ລອງໃໝ່.",
        "What was signed is not about this. Somebody turned the switch meanwhile: try again.",
    ),
}
