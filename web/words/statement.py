"""What the CA says when new versions of its statements are refused: Lao, then English; each says what to do."""

WORDS = {
    "statement.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ນີ້. ໃຫ້ເຈົ້າໜ້າທີ່ລົງທະບຽນ ຫຼື ຜູ້ປະຕິບັດການອອກໃບຢັ້ງຢືນ ເຮັດແທນ.",
        "You have no such duty now. A registration officer or a CA operator must do this.",
    ),
    "statement.nothing-new": (
        "ບໍ່ມີຫຍັງໃໝ່ທີ່ຈະປະກາດ. ສະບັບທີ່ມີຜົນໃຊ້ ກົງກັບການຕັ້ງຄ່າແລ້ວ.",
        "There is nothing new to publish. The versions in force agree with the configuration and the texts.",
    ),
    "statement.outdated": (
        "ແຜນນີ້ບໍ່ແມ່ນສິ່ງທີ່ຈະປະກາດໃນຕອນນີ້ອີກ. ເອີ້ນ statement-plan ແລ້ວອ່ານຄືນ.",
        "This plan is not what would be published now. Run statement-plan and read what it shows.",
    ),
    "statement.approved-already": (
        "ທ່ານເຫັນດີກັບແຜນນີ້ແລ້ວ. ໃຫ້ຄົນອື່ນອີກຄົນໜຶ່ງປະກາດ.",
        "You agreed to this plan already. Another person must publish it.",
    ),
    "statement.disagrees": (
        "ຕົວເລກທີ່ມີຜົນໃຊ້ບໍ່ກົງກັບຖະແຫຼງການທີ່ປະກາດໄວ້. ປ່ຽນຄືນ ຫຼື ປະກາດສະບັບໃໝ່ (statement-plan), ແລ້ວເລີ່ມໃໝ່.",
        "What is in force is not what was published. Change it back, or publish a new version (statement-plan).",
    ),
    "statement.one-person": (
        "ຍັງບໍ່ມີຄົນອື່ນເຫັນດີ. ໃຫ້ອີກຄົນໜຶ່ງເອີ້ນ statement-approve ກ່ອນ.",
        "Nobody else has agreed yet. Another person on duty must run statement-approve first.",
    ),
}
