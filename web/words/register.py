"""What the register says of a list, of its lines, and when it refuses: Lao, then English; each says what to do."""

WORDS = {
    "register.file-encoding": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນ UTF-8. ໃຫ້ບັນທຶກຄືນເປັນ “CSV UTF-8” ແລ້ວລອງໃໝ່.",
        "The file is not in UTF-8. Save it again as “CSV UTF-8” and try again.",
    ),
    "register.file-csv": (
        'ໄຟລ໌ CSV ເສຍ: ມີເຄື່ອງໝາຍ " ທີ່ບໍ່ປິດ ຫຼື ຊ່ອງຍາວເກີນໄປ. ໃຫ້ສົ່ງອອກຄືນໃໝ່.',
        "The CSV is broken: a quotation mark is not closed, or a field is far too long. Export the list again.",
    ),
    "register.file-header": (
        "ແຖວທຳອິດຂອງໄຟລ໌ບໍ່ຖືກ. ເບິ່ງຊື່ຖັນດ້ວຍ register-plan --help ແລ້ວແກ້ແຖວທຳອິດ.",
        "The first line does not have the columns. See them with `register-plan --help` and put the first line right.",
    ),
    "register.file-empty": (
        "ໄຟລ໌ບໍ່ມີລາຍຊື່. ໃຫ້ກວດວ່າສົ່ງອອກຖືກໄຟລ໌ ແລ້ວລອງໃໝ່.",
        "The list has no lines. See that the right file was exported, and try again.",
    ),
    "register.file-too-long": (
        "ລາຍຊື່ຍາວເກີນ 1.000.000 ແຖວ. ໃຫ້ແບ່ງເປັນຫຼາຍໄຟລ໌.",
        "The list has more than 1,000,000 lines. Part it into several files.",
    ),
    "register.columns": (
        "ຈຳນວນຊ່ອງໃນແຖວບໍ່ຄົບ ຫຼື ເກີນ ຫຼື ເຄື່ອງໝາຍວົງຢືມຜິດ. ໃຫ້ນັບເຄື່ອງໝາຍຈຸດ.",
        "The line has too many or too few fields, or a quotation mark amiss. Count its commas.",
    ),
    "register.missing": ("ຊ່ອງນີ້ຫວ່າງ. ໃຫ້ຕື່ມ.", "This field is empty. Fill it in."),
    "register.too-long": ("ຂໍ້ຄວາມຍາວເກີນ 200 ຕົວ. ໃຫ້ຫຍໍ້ລົງ.", "More than 200 characters. Shorten it."),
    "register.list": ("ຕ້ອງແມ່ນ officers ຫຼື citizens.", "Write officers or citizens."),
    "register.number": (
        "ເລກປະຈຳຕົວຕ້ອງມີ 8 ຕົວເລກ ແລະ ບໍ່ຂຶ້ນຕົ້ນດ້ວຍ 0.",
        "A person's number has 8 digits and does not begin with 0. Correct it.",
    ),
    "register.title": ("ຄຳນຳໜ້າບໍ່ຖືກ. ຂຽນ ທ້າວ ຫຼື ນາງ.", "The title has strange characters. Write ທ້າວ, ນາງ or Dr."),
    "register.not-lao": ("ໃຫ້ຂຽນຊື່ເປັນຕົວໜັງສືລາວ.", "Write the name in Lao letters."),
    "register.not-roman": ("ໃຫ້ຂຽນຊື່ເປັນຕົວລາແຕັງ ຕາມໜັງສືຜ່ານແດນ.", "Write the name in Latin letters, as in the passport."),
    "register.date": (
        "ວັນທີບໍ່ຖືກ. ຂຽນເຊັ່ນ 2025-12-29, 29/12/2025 ຫຼື 29 ທັນວາ 2025.",
        "This is no date. Write 2025-12-29, 29/12/2025 or 29 ທັນວາ 2025.",
    ),
    "register.buddhist-year": (
        "ປີນີ້ແມ່ນ ພ.ສ. ໃຫ້ລົບ 543 ເພື່ອຂຽນເປັນ ຄ.ສ.",
        "This is a year of the Buddhist era. Subtract 543 and write the year of the Christian era.",
    ),
    "register.born-in-future": ("ວັນເດືອນປີເກີດຍັງບໍ່ທັນຮອດ. ໃຫ້ກວດຄືນ.", "The birth date is yet to come. Correct it."),
    "register.too-young": (
        "ອາຍຸຍັງບໍ່ເຖິງ: ພົນລະເມືອງ 15 ປີ, ພະນັກງານ 18 ປີໃນວັນເລີ່ມ. ໃຫ້ກວດວັນເກີດ.",
        "Too young: citizens from 15, officers from 18 on the first day in the post. Check the birth date.",
    ),
    "register.too-old": ("ອາຍຸເກີນ 110 ປີ. ໃຫ້ກວດວັນເກີດ.", "Older than 110. Check the birth date."),
    "register.mail": (
        "ທີ່ຢູ່ອີເມວບໍ່ຖືກ. ໃຊ້ຕົວອັກສອນ ASCII ເຊັ່ນ name@mtc.gov.la.",
        "This is no mail address. Use plain ASCII letters, as in name@mtc.gov.la, without a dot at the end.",
    ),
    "register.mail-domain": (
        "ອີເມວບໍ່ຢູ່ໃນໂດເມນຂອງອົງການ. ໃຫ້ໃສ່ອີເມວທາງການ.",
        "The mail address is not under a domain of the organisation. Give the official address.",
    ),
    "register.phone": (
        "ເບີໂທບໍ່ຖືກ. ຂຽນເຊັ່ນ 020 55512345, 030 5551234 ຫຼື 021 217482.",
        "This is no Lao telephone number. Write 020 55512345, 030 5551234 or 021 217482.",
    ),
    "register.post-code": (
        "ລະຫັດຕຳແໜ່ງຕ້ອງຂຶ້ນຕົ້ນດ້ວຍລະຫັດອົງການ ເຊັ່ນ MTC/cabinet/director-general.",
        "A post's code begins with its organisation's, as in MTC/cabinet/director-general. Correct it.",
    ),
    "register.post-name": (
        "ລະຫັດຕຳແໜ່ງນີ້ມີຊື່ອື່ນແລ້ວ. ໃຊ້ຊື່ເດີມ ຫຼື ລະຫັດໃໝ່.",
        "The post has another name in the register. Use that name, or a new code for a new post.",
    ),
    "register.decree": ("ເລກທີຂໍ້ຕົກລົງບໍ່ຖືກ. ຂຽນເຊັ່ນ 123/MTC/2026.", "Write the decree's number, as in 123/MTC/2026."),
    "register.acting": ("ຂຽນ yes ຖ້າຮັກສາການ, no ຖ້າບໍ່ແມ່ນ.", "Write yes for acting, no for the holder of the post."),
    "register.ends-before": ("ວັນສຸດທ້າຍມາກ່ອນວັນເລີ່ມ. ໃຫ້ແກ້.", "The last day is before the first. Correct them."),
    "register.mandate": (
        "ຊື່ສິດບໍ່ຖືກ. ຂຽນເຊັ່ນ sign-decree ຫຼື approve-payment.",
        "Write the mandate as a word in small Latin letters, as in sign-decree or approve-payment.",
    ),
    "register.limit": ("ຈຳນວນເງິນຕ້ອງເປັນກີບເຕັມ ບໍ່ມີທົດສະນິຍົມ.", "Write whole kip, without decimals."),
    "register.limit-without-mandate": (
        "ມີວົງເງິນແຕ່ບໍ່ມີສິດ. ໃຫ້ຕື່ມ mandate ຫຼື ລຶບ limit_lak.",
        "There is a limit but no mandate. Fill in the mandate or empty the limit.",
    ),
    "register.citizen-with-post": (
        "ພົນລະເມືອງບໍ່ມີຕຳແໜ່ງ. ໃຫ້ປ່ຽນ list ເປັນ officers ຫຼື ລຶບຕຳແໜ່ງ.",
        "A citizen has no post. Change the list to officers, or empty the post's fields.",
    ),
    "register.organisation-unknown": (
        "ບໍ່ມີອົງການລະຫັດນີ້. ເບິ່ງລະຫັດທີ່ /v1/organisations.",
        "No organisation has this code. See the codes at /v1/organisations.",
    ),
    "register.organisation-ended": (
        "ອົງການນີ້ຍຸບແລ້ວກ່ອນວັນເລີ່ມ. ໃຊ້ລະຫັດຂອງອົງການທີ່ຮັບຊ່ວງ.",
        "The organisation had ended before the first day. Use the code of the one that succeeded it.",
    ),
    "register.organisation-not-yet": (
        "ອົງການນີ້ຍັງບໍ່ທັນຕັ້ງໃນວັນເລີ່ມ. ໃຊ້ລະຫັດຂອງອົງການເດີມ.",
        "The organisation did not exist yet on the first day. Use the code of the one before it.",
    ),
    "register.number-of-another": (
        "ເລກນີ້ເປັນຂອງຄົນອື່ນແລ້ວ. ໃຫ້ເລກໃໝ່; ເລກບໍ່ໃຊ້ຊ້ຳ.",
        "The number is another person's. Give a number of its own: numbers are never used again.",
    ),
    "register.number-twice": (
        "ເລກດຽວກັນຢູ່ກັບສອງຊື່ໃນໄຟລ໌. ໃຫ້ແກ້ ຫຼື ຢືນຢັນແຖວທີ່ຖືກດ້ວຍ --also.",
        "One number stands beside two names in the list. Correct it, or vouch for the right line with --also.",
    ),
    "register.look-alike": (
        "ມີຄົນຊື່ຄືກັນ ເກີດວັນດຽວກັນແລ້ວ. ຖ້າແມ່ນຄົນລະຄົນ ໃຫ້ຢືນຢັນດ້ວຍ --also.",
        "Somebody of this name and birth date is there already. If they are two, vouch for the line with --also.",
    ),
    "register.other-name": (
        "ຊື່ປ່ຽນທັງໝົດ. ຖ້າຖືກ ໃຫ້ຢືນຢັນດ້ວຍ --also.",
        "Given and family name have both changed. If that is right, vouch for the line with --also.",
    ),
    "register.other-birth-date": (
        "ວັນເກີດຕ່າງຈາກທີ່ມີ. ຖ້າຖືກ ໃຫ້ຢືນຢັນດ້ວຍ --also.",
        "The birth date is not the one in the register. If it is right, vouch for the line with --also.",
    ),
    "register.lines-disagree": (
        "ແຖວກ່ອນຂອງຄົນນີ້ຂຽນຕ່າງກັນ. ໃຫ້ຂຽນຄືກັນ.",
        "An earlier line says something else of this person. Make the lines agree.",
    ),
    "register.second-post": (
        "ຄົນນີ້ມີຕຳແໜ່ງອື່ນຢູ່. ໃຫ້ໃສ່ວັນສິ້ນສຸດຕຳແໜ່ງເດີມ, ຂຽນ acting, ຫຼື ຢືນຢັນດ້ວຍ --also.",
        "The person has another post then. Give that one its last day, mark this one acting, or vouch with --also.",
    ),
    "register.stale": (
        "ທະບຽນປ່ຽນແລ້ວຫຼັງຈາກວາງແຜນ. ໃຫ້ວາງແຜນໃໝ່ດ້ວຍ register-plan.",
        "The register has changed since the plan. Plan the list again with register-plan.",
    ),
    "register.plan-unknown": (
        "ບໍ່ມີແຜນນີ້ ຫຼື ໄຟລ໌ຂອງແຜນຖືກປ່ຽນ. ໃຫ້ວາງແຜນໃໝ່ດ້ວຍ register-plan.",
        "There is no such plan here, or its list was altered. Plan the list again with register-plan.",
    ),
    "register.needs-person": (
        "ຕ້ອງມີຄົນຮັບຜິດຊອບ: ໃຊ້ --as ເລກ --key ກະແຈ.",
        "A person must answer for this: give --as NUMBER --key URI.",
    ),
    "register.other-act": (
        "ລາຍເຊັນນີ້ແມ່ນສຳລັບແຜນອື່ນ. ໃຫ້ເຊັນແຜນນີ້.",
        "The signature is for another plan or other lines. Sign this plan.",
    ),
    "register.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ຮັກສາທະບຽນ. ໃຫ້ຜູ້ມີໜ້າທີ່ເຮັດ.",
        "You have no duty to keep the register. Ask somebody who has.",
    ),
    "register.busy": (
        "ກຳລັງມີຄົນນຳໃຊ້ແຜນຢູ່. ລໍຖ້າໃຫ້ແລ້ວ ແລ້ວລອງໃໝ່.",
        "Another plan is being applied. Wait until it is done, then try again.",
    ),
    "register.changed-meanwhile": (
        "ທະບຽນປ່ຽນໃນຂະນະນຳໃຊ້. ສິ່ງທີ່ເຮັດແລ້ວຍັງຢູ່; ໃຫ້ລອງໃໝ່.",
        "Somebody else changed the register meanwhile. What was done is kept: run it again.",
    ),
    "register.time": (
        "ເວລາບໍ່ຖືກ. ຂຽນເຊັ່ນ 2025-03-01 ຫຼື 2025-03-01T00:00:00Z.",
        "Write the time as 2025-03-01 or 2025-03-01T00:00:00Z.",
    ),
}
