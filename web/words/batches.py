"""What is wrong with a list of requests or one of its lines: Lao, then English; each says what to do."""

WORDS = {
    "batch.file-encoding": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນ UTF-8. ໃຫ້ບັນທຶກຄືນເປັນ “CSV UTF-8” ແລ້ວລອງໃໝ່.",
        "The list is not in UTF-8. Save it again as “CSV UTF-8” and try again.",
    ),
    "batch.file-csv": (
        'ໄຟລ໌ CSV ເສຍ: ມີເຄື່ອງໝາຍ " ທີ່ບໍ່ປິດ ຫຼື ຊ່ອງຍາວເກີນໄປ. ໃຫ້ສົ່ງອອກຄືນໃໝ່.',
        "The CSV is broken: a quotation mark is not closed, or a field is far too long. Export the list again.",
    ),
    "batch.file-header": (
        "ແຖວທຳອິດຂອງໄຟລ໌ບໍ່ຖືກ. ໃຊ້ແບບຟອມຈາກ enrol-batch --template.",
        "The first line does not have the columns. Take the empty list of `enrol-batch --template`.",
    ),
    "batch.file-empty": (
        "ໄຟລ໌ບໍ່ມີແຖວ. ໃຫ້ກວດວ່າສົ່ງອອກຖືກໄຟລ໌ ແລ້ວລອງໃໝ່.",
        "The list has no lines. See that the right file was exported, and try again.",
    ),
    "batch.file-too-long": (
        "ລາຍການຍາວເກີນ 1.000.000 ແຖວ. ໃຫ້ແບ່ງເປັນຫຼາຍໄຟລ໌.",
        "The list has more than 1,000,000 lines. Part it into several files.",
    ),
    "batch.no-one-list": (
        "ຕ້ອງມີໄຟລ໌ .csv ພຽງໄຟລ໌ດຽວໃນໂຟນເດີ ຫຼື ໃນ zip.",
        "The folder or zip must hold exactly one list (.csv).",
    ),
    "batch.zip-encrypted": (
        "ໄຟລ໌ zip ມີລະຫັດຜ່ານ. ໃຫ້ບີບອັດຄືນໂດຍບໍ່ໃສ່ລະຫັດ.",
        "The zip is encrypted. Pack it again without a password.",
    ),
    "batch.zip-name": (
        "ໃນ zip ມີຊື່ໄຟລ໌ທີ່ຊີ້ອອກນອກ, ຊ້ຳກັນ ຫຼື ເປັນລິ້ງ. ໃຫ້ບີບອັດຄືນຈາກໂຟນເດີດຽວ.",
        "A name in the zip leads out of it, is there twice, or is a link. Pack one plain folder again.",
    ),
    "batch.zip-too-large": (
        "ໄຟລ໌ zip ໃຫຍ່ເກີນໄປ. ໃຫ້ແບ່ງເປັນຫຼາຍໄຟລ໌.",
        "The zip holds too much. Part it into several.",
    ),
    "batch.zip-unreadable": (
        "ໄຟລ໌ zip ນີ້ອ່ານບໍ່ໄດ້. ໃຫ້ບີບອັດຄືນ ແລ້ວສົ່ງໃໝ່.",
        "The zip cannot be read. Pack it again (deflate) and send the whole file.",
    ),
    "batch.plan-unknown": (
        "ບໍ່ມີແຜນນີ້ ຫຼື ແຜນຖືກປ່ຽນ. ໃຫ້ວາງແຜນໃໝ່ດ້ວຍ enrol-batch.",
        "There is no such plan here, or it was altered. Plan the list again with `enrol-batch FILE`.",
    ),
    "batch.unknown": (
        "ບໍ່ມີຊຸດຄຳຂໍນີ້. ໃຫ້ໃຊ້ຢ່າງໜ້ອຍ 12 ຕົວທຳອິດຂອງເລກຊຸດ.",
        "No batch has this digest. Give its first 12 digits or more.",
    ),
    "batch.other-officer": (
        "ຜູ້ຍື່ນຕ້ອງແມ່ນເຈົ້າໜ້າທີ່ທີ່ກວດເອກະສານ ແລະ ລະບຸໄວ້ໃນແຜນ. ໃຫ້ຜູ້ນັ້ນເຊັນ ຫຼື ວາງແຜນໃໝ່.",
        "Only the officer who saw the papers, and is named in the plan, hands it in. Let him sign, or plan it again.",
    ),
    "batch.receipt-officer": (
        "ໃບຮັບຂອງຊຸດນີ້ ຕ້ອງໃຫ້ເຈົ້າໜ້າທີ່ທີ່ຍື່ນຊຸດນີ້ເປັນຜູ້ເຊັນ.",
        "Only the officer who handed the batch in signs its receipt. Let him write it.",
    ),
    "batch.other-act": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງແຜນນີ້. ໃຫ້ສັ່ງ --apply ດ້ວຍເລກຂອງແຜນນີ້.",
        "What was signed is not this plan. Run --apply with the digest of this plan.",
    ),
    "batch.busy": (
        "ກຳລັງຍື່ນຊຸດນີ້ຢູ່ບ່ອນອື່ນ. ໃຫ້ລໍຖ້າ ແລ້ວສັ່ງຄຳສັ່ງເດີມອີກ.",
        "This batch is being handed in elsewhere. Wait, then run the same line again.",
    ),
    "batch.columns": (
        "ຈຳນວນຊ່ອງໃນແຖວບໍ່ຄົບ ຫຼື ເກີນ ຫຼື ເຄື່ອງໝາຍວົງຢືມຜິດ. ໃຫ້ນັບເຄື່ອງໝາຍຈຸດ.",
        "The line has too many or too few fields, or a quotation mark amiss. Count its commas.",
    ),
    "batch.missing": ("ຊ່ອງນີ້ຫວ່າງ. ໃຫ້ຕື່ມ.", "This field is empty. Fill it in."),
    "batch.too-long": ("ຂໍ້ຄວາມຍາວເກີນໄປ. ໃຫ້ຫຍໍ້ລົງ.", "This field is too long. Shorten it."),
    "batch.file-missing": (
        "ບໍ່ມີໄຟລ໌ຄຳຂໍຊື່ນີ້ຢູ່ຂ້າງລາຍການ. ກວດຊື່ໄຟລ໌.",
        "No request of this name is beside the list. Check the file's name.",
    ),
    "batch.file-outside": (
        "ຊື່ໄຟລ໌ຊີ້ອອກນອກໂຟນເດີ. ໃຫ້ວາງຄຳຂໍໄວ້ຂ້າງລາຍການ.",
        "The file's name leads out of the folder. Put the request beside the list.",
    ),
    "batch.file-unreadable": (
        "ໄຟລ໌ຄຳຂໍນີ້ອ່ານບໍ່ໄດ້. ໃຫ້ເອົາໄຟລ໌ໃໝ່.",
        "The request's file cannot be read. Put it there again.",
    ),
    "batch.paper": (
        "ຊະນິດເອກະສານບໍ່ຖືກ. ໃຊ້ຄຳຈາກ docs/batch.md.",
        "No paper is called that. Take a word of docs/batch.md.",
    ),
    "batch.seen": ("ຕ້ອງແມ່ນ in-person ຫຼື agency-list.", "Write in-person or agency-list."),
    "batch.agreed": ("ຕ້ອງແມ່ນ written, spoken ຫຼື signed.", "Write written, spoken or signed."),
    "batch.publish": ("ຕ້ອງແມ່ນ yes ຫຼື no.", "Write yes or no."),
    "batch.scan": (
        "ຕ້ອງແມ່ນ SHA-256 ຂອງຮູບສະແກນ: 64 ຕົວເລກຖານສິບຫົກ.",
        "Write the SHA-256 of the scan, 64 hex digits.",
    ),
    "batch.limit": (
        "ຈຳນວນເງິນຕ້ອງເປັນກີບເຕັມ ແລະ ຫຼາຍກວ່າ 0.",
        "The limit must be whole kip, more than nothing.",
    ),
    "batch.key-twice": (
        "ກະແຈນີ້ມີຢູ່ແຖວກ່ອນແລ້ວ. ແຕ່ລະແຖວຕ້ອງມີກະແຈຂອງຕົນ.",
        "An earlier line has the same key. Each line needs a key of its own.",
    ),
    "batch.asked-twice": (
        "ແຖວກ່ອນຂໍໃບຢັ້ງຢືນອັນດຽວກັນໃຫ້ຄົນດຽວກັນແລ້ວ. ໃຫ້ລຶບແຖວໜຶ່ງອອກ.",
        "An earlier line asks for the same certificate for the same person. Take one of the two out.",
    ),
    "batch.other-name": (
        "ຊື່ບໍ່ກົງກັບຊື່ໃນທະບຽນຂອງເລກນີ້. ກວດເລກບຸກຄົນ.",
        "The register has another name for this number. Check the number.",
    ),
}
