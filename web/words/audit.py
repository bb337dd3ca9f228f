"""Sentences of the audit house and of the ledger's proofs: code: (Lao, English)."""

WORDS = {
    "entry.unknown": (
        "ບໍ່ມີລາຍການນີ້ໃນບັນຊີ: ກວດເລກລາຍການແລ້ວລອງໃໝ່",
        "There is no such entry in the ledger: check the entry's id and try again.",
    ),
    "entry.not-sealed-yet": (
        "ລາຍການນີ້ຍັງບໍ່ໄດ້ຜະນຶກ: ລອງໃໝ່ໃນອີກສອງວິນາທີ",
        "The entry is not sealed yet: try again in two seconds.",
    ),
    "checkpoint.none-yet": (
        "ບັນຊີຍັງບໍ່ມີຈຸດກວດກາ: ລອງໃໝ່ຫຼັງຈາກລາຍການທຳອິດຖືກຜະນຶກ",
        "The log has no checkpoint yet: try again once its first entry is sealed.",
    ),
    "checkpoint.no-such-size": (
        "ບໍ່ມີຂະໜາດນີ້ໃນບັນຊີ: ໃຫ້ຂະໜາດຂອງສອງຈຸດກວດກາ ອັນນ້ອຍກ່ອນ",
        "The log does not have these sizes: give those of two checkpoints, the smaller one first.",
    ),
    "checkpoint.sizes-wanted": (
        "ຂາດຂະໜາດ: ຂຽນ ?from=ຂະໜາດ&to=ຂະໜາດ ເປັນຕົວເລກ",
        "The sizes are missing: write ?from=SIZE&to=SIZE as plain numbers.",
    ),
    "checkpoint.keys-missing": (
        "ບໍ່ມີກະແຈກວດສອບຢູ່ໃນ home ນີ້: ໃຫ້ກະແຈດ້ວຍ --key ຫຼື ແລ່ນ ledger-seal ກ່ອນ",
        "This home has no verifier keys: give one with --key, or run ledger-seal first.",
    ),
    "checkpoint.unreadable": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນ checkpoint ແລະ ບໍ່ແມ່ນຫຼັກຖານຂອງລາຍການ: ໃຫ້ໄຟລ໌ .note ຈາກ checkpoints ຫຼື ຈາກ ledger-prove",
        "This file is neither a checkpoint nor an entry's proof: give a .note of checkpoints, or one of ledger-prove.",
    ),
    "ledger.proof-invalid": (
        "ຫຼັກຖານບໍ່ນຳໄປຫາຈຸດກວດກາ: ຢ່າເຊື່ອຖື ແລະ ຂໍຫຼັກຖານໃໝ່",
        "The proof does not lead to its checkpoint: do not rely on it, and ask for a new one.",
    ),
}
