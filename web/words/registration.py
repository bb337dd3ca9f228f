"""What the CA's desks say when they refuse: Lao, then English; each says what to do."""

WORDS = {
    "enrolment.own-papers": (
        "ເຈົ້າໜ້າທີ່ກວດເອກະສານຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ເຈົ້າໜ້າທີ່ຄົນອື່ນກວດ.",
        "An officer cannot check his own papers. Have another registration officer see them.",
    ),
    "enrolment.key-not-for-profile": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ບໍ່ຮັບກະແຈຊະນິດນີ້. ເບິ່ງ profile-show ແລ້ວສ້າງກະແຈໃໝ່.",
        "This profile does not take a key of this kind. See `profile-show`, and make another key.",
    ),
    "enrolment.asks-for-more": (
        "ຄຳຂໍ PKCS#10 ຂໍເກີນກວ່າຊະນິດນີ້ອະນຸຍາດ (CA, ຊື່ອື່ນ ຫຼື ການໃຊ້ກະແຈອື່ນ). ສ້າງຄຳຂໍໃໝ່ໂດຍບໍ່ມີສ່ວນຂະຫຍາຍ.",
        "The PKCS#10 asks for more than this profile has (to be a CA, other names, other uses). Make it again without.",
    ),
    "enrolment.terms-not-accepted": (
        "ຜູ້ຂໍຍັງບໍ່ໄດ້ຍອມຮັບເງື່ອນໄຂ. ໃຫ້ລາວອ່ານ ແລ້ວບັນທຶກການຍອມຮັບ.",
        "The applicant has not accepted the terms. Show them to him and record that he does.",
    ),
    "enrolment.terms-changed": (
        "ເງື່ອນໄຂມີສະບັບໃໝ່ແລ້ວ. ໃຫ້ຜູ້ຂໍອ່ານ ແລະ ຍອມຮັບສະບັບໃໝ່.",
        "The terms have changed since. Show the applicant those in force now, and record that he accepts them.",
    ),
    "enrolment.terms-date": (
        "ວັນທີຍອມຮັບເງື່ອນໄຂຍັງບໍ່ທັນເຖິງ. ກວດໂມງ ແລ້ວບັນທຶກໃໝ່.",
        "The acceptance of the terms lies in the future. Check the clock and record it again.",
    ),
    "enrolment.possible-double": (
        "ຊື່ ແລະ ວັນເກີດ, ເອກະສານ ຫຼື ຮູບສະແກນ ຄືກັນກັບຂອງຜູ້ອື່ນ. ໃຫ້ເຈົ້າໜ້າທີ່ກວດ (scan-find) ແລ້ວໃຊ້ double-clear ພ້ອມເຫດຜົນ.",
        "Another person has this name and birth date, paper or scan (`scan-find`). If they are two: `double-clear`.",
    ),
    "enrolment.attribute-unbacked": (
        "ມີຂໍ້ມູນໃນໃບຢັ້ງຢືນທີ່ບໍ່ມີຫຼັກຖານແລ້ວ. ໃຫ້ລົງທະບຽນໃໝ່ດ້ວຍຫຼັກຖານປັດຈຸບັນ.",
        "Something that the certificate would say is no longer backed. Enrol again with what backs it now.",
    ),
    "enrolment.organisation-missing": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ຕ້ອງມີອົງການ. ໃສ່ --organisation ດ້ວຍລະຫັດຂອງອົງການ.",
        "This profile names an organisation. Give its code with --organisation.",
    ),
    "enrolment.organisation-not-named": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ບໍ່ລະບຸອົງການ. ເອົາ --organisation ອອກ.",
        "This profile names no organisation. Leave --organisation out.",
    ),
    "enrolment.organisation-unknown": (
        "ບໍ່ມີລະຫັດອົງການນີ້ໃນທະບຽນ. ກວດລະຫັດຄືນ.",
        "No organisation of this code is in the register. Check the code.",
    ),
    "enrolment.organisation-ended": (
        "ອົງການນີ້ບໍ່ມີແລ້ວ. ໃຊ້ອົງການທີ່ສືບທອດ.",
        "This organisation is no more. Name the body that succeeded it.",
    ),
    "enrolment.organisation-unconfirmed": (
        "ອົງການຍັງບໍ່ໄດ້ຢັ້ງຢືນຄຳຂໍນີ້. ໃຫ້ເຈົ້າໜ້າທີ່ຂອງອົງການນັ້ນໃຊ້ enrolment-confirm ກ່ອນ.",
        "The organisation has not confirmed this request. One of its officers must, with `enrolment-confirm`.",
    ),
    "enrolment.common-name": (
        "ຊື່ບໍລິການ ຫຼື ອຸປະກອນຂາດ ຫຼື ບໍ່ຕ້ອງມີ. ກວດ --common-name.",
        "A name of a service or device is missing, or this profile takes none. Look at --common-name.",
    ),
    "enrolment.name-unfit": (
        "ໃບຢັ້ງຢືນໃສ່ຊື່ນີ້ບໍ່ໄດ້: ຍາວເກີນ 64 ຕົວ, ຫວ່າງ, ມີຕົວເບິ່ງບໍ່ເຫັນ ຫຼື ເລກ 6 ຕົວຂຶ້ນໄປ. ແກ້ຊື່ໃນຄຳຂໍ ຫຼື ທະບຽນ.",
        "No certificate can hold this name: over 64 characters, none, hidden ones, or six digits and more. Correct it.",
    ),
    "enrolment.names-not-taken": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ບໍ່ຮັບຊື່ເຄື່ອງ ຫຼື ອີເມວ. ເອົາ --name ອອກ.",
        "This profile takes no host name or mail address. Leave --name out.",
    ),
    "enrolment.names-missing": (
        "ຂາດຊື່ເຄື່ອງ ຫຼື ອີເມວ (ອີເມວມີໄດ້ອັນດຽວ). ໃສ່ --name.",
        "A host name is missing, or the one mail address. Give it with --name.",
    ),
    "enrolment.names-twice": (
        "ມີຊື່ຊ້ຳກັນ. ໃສ່ແຕ່ລະຊື່ເທື່ອດຽວ.",
        "A name is given twice. Give each once.",
    ),
    "enrolment.names-too-many": (
        "ມີຊື່ເຄື່ອງຫຼາຍກວ່າ 100 ຊື່. ແບ່ງເປັນຫຼາຍໃບຢັ້ງຢືນ.",
        "There are more than 100 hosts. Divide them among several certificates.",
    ),
    "enrolment.host-label": (
        "ຊື່ເຄື່ອງມີສ່ວນທີ່ມີ -- ຢູ່ຕຳແໜ່ງ 3 ແລະ 4 ແຕ່ບໍ່ແມ່ນຊື່ IDNA ທີ່ຖືກຕ້ອງ. ກວດການສະກົດ.",
        "A part of a host has -- in third and fourth place and is no valid IDNA name (xn--). Check its spelling.",
    ),
    "enrolment.name-outside-zone": (
        "ມີຊື່ເຄື່ອງທີ່ບໍ່ຢູ່ໃນໂດເມນຂອງອົງການນີ້ພາຍໃຕ້ gov.la. ກວດຊື່ ຫຼື ຂຶ້ນທະບຽນໂດເມນກ່ອນ.",
        "A host is not under a domain of this organisation within gov.la. Check it, or register the domain first.",
    ),
    "enrolment.mail-unproved": (
        "ຍັງບໍ່ໄດ້ພິສູດອີເມວນີ້. ໃຊ້ mail-verify ແລ້ວ mail-confirm ກ່ອນ.",
        "The person has not proved that he reads this address. Use `mail-verify`, then `mail-confirm`, then enrol.",
    ),
    "enrolment.no-mandate": (
        "ບຸກຄົນນີ້ບໍ່ມີສິດເປັນຜູ້ຕາງໜ້າອົງການ ຫຼື ວົງເງິນເກີນສິດ. ກວດຄຳສັ່ງມອບສິດໃນທະບຽນ.",
        "This person has no mandate to represent the organisation, or not up to this value. Check the register.",
    ),
    "enrolment.value-limit-not-taken": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ບໍ່ຮັບວົງເງິນ ຫຼື ວົງເງິນບໍ່ຖືກຕ້ອງ. ເອົາ --value-limit ອອກ.",
        "This profile takes no value limit, or the limit is not positive, or too large. Leave --value-limit out.",
    ),
    "enrolment.step-not-open": (
        "ຄຳຂໍນີ້ຍັງບໍ່ຮອດຂັ້ນຕອນນີ້ ຫຼື ຜ່ານໄປແລ້ວ. ເບິ່ງ enrolment-show.",
        "This request is not at this step: it has not come to it, or is past it. See `enrolment-show`.",
    ),
    "desk.unknown": (
        "ບໍ່ມີໂຕະລົງທະບຽນນີ້ ຫຼື ເອກະສານມາຈາກຫຼາຍໂຕະ. ກວດລະຫັດໂຕະ (desk-list).",
        "There is no such desk, or the papers are from several. Check its code with `desk-list`.",
    ),
    "desk.closed": (
        "ໂຕະລົງທະບຽນນີ້ປິດ ຫຼື ໝົດກຳນົດ. ໃຊ້ໂຕະອື່ນ ຫຼື ຂໍຕໍ່ກຳນົດ.",
        "This desk is closed: its term is over, or has not begun. Use another, or have its term renewed.",
    ),
    "desk.not-the-officers": (
        "ເຈົ້າໜ້າທີ່ນີ້ບໍ່ໄດ້ປະຈຳໂຕະນີ້. ໃຊ້ໂຕະຂອງຕົນເອງ.",
        "This officer's duty is at another desk. Act at your own.",
    ),
    "desk.other-province": (
        "ໂຕະນີ້ລົງທະບຽນໃຫ້ແຕ່ແຂວງຂອງຕົນ. ໃຫ້ໄປໂຕະຂອງແຂວງນັ້ນ ຫຼື ຂອງສູນກາງ.",
        "This desk registers for its own province. Go to the desk of that province, or to the Center's.",
    ),
    "confirmation.not-needed": (
        "ຄຳຂໍນີ້ບໍ່ລະບຸອົງການ. ບໍ່ຕ້ອງຢັ້ງຢືນ.",
        "This request names no organisation. Nothing needs to be confirmed.",
    ),
    "confirmation.not-open": (
        "ຄຳຂໍນີ້ຢັ້ງຢືນແລ້ວ ຫຼື ປິດແລ້ວ. ເບິ່ງ enrolment-show.",
        "This request is confirmed already, or has ended. See `enrolment-show`.",
    ),
    "confirmation.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງຄຳຂໍນີ້. ເປີດຄຳຂໍຄືນ ແລ້ວເຊັນໃໝ່.",
        "What was signed is not this request as it stands. Open it again and sign anew.",
    ),
    "confirmation.own-request": (
        "ຢັ້ງຢືນຄຳຂໍຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ເຈົ້າໜ້າທີ່ອີກຄົນຂອງອົງການຢັ້ງຢືນ.",
        "You cannot confirm your own request. Another officer of the organisation must.",
    ),
    "confirmation.other-organisation": (
        "ທ່ານບໍ່ມີຕຳແໜ່ງໃນອົງການທີ່ຄຳຂໍລະບຸ. ໃຫ້ເຈົ້າໜ້າທີ່ຂອງອົງການນັ້ນຢັ້ງຢືນ.",
        "You hold no post in the organisation that the request names. One of its own officers must confirm.",
    ),
    "mail.not-ascii": (
        "ສ່ວນໜ້າ @ ຂອງອີເມວຕ້ອງເປັນຕົວອັກສອນລາແຕັງ, ບໍ່ແມ່ນຕົວອັກສອນລາວ.",
        "An address is written in Latin letters, digits and . _ + - alone; Lao letters do not work in mail.",
    ),
    "mail.malformed": (
        "ອີເມວນີ້ຂຽນບໍ່ຖືກ. ຂຽນແບບ name@ministry.gov.la (ຕົວນ້ອຍທັງໝົດ, ບໍ່ມີຈ້ຳທ້າຍ).",
        "This is no plain mail address. Write it as name@ministry.gov.la, all in small letters, no dot behind.",
    ),
    "mail.other-domain": (
        "ອີເມວນີ້ບໍ່ຢູ່ໃນໂດເມນ gov.la ຂອງອົງການທີ່ບຸກຄົນນີ້ມີຕຳແໜ່ງ. ໃຊ້ອີເມວຂອງອົງການ.",
        "The address is not under a gov.la domain of a body where this person holds a post. Use the official address.",
    ),
    "mail.person-unknown": (
        "ບໍ່ມີເລກບຸກຄົນນີ້ໃນທະບຽນ. ກວດເລກຄືນ.",
        "No person with this number is in the register. Check the number.",
    ),
    "mail.too-often": (
        "ຂໍລະຫັດຫຼາຍເທື່ອເກີນໄປ. ລໍຖ້າໜຶ່ງຊົ່ວໂມງ.",
        "Too many codes were asked for. Wait an hour, then ask again.",
    ),
    "mail.challenge-unknown": (
        "ບໍ່ມີການພິສູດອີເມວນີ້. ໃຊ້ mail-verify ກ່ອນ.",
        "There is no such proof under way. Begin one with `mail-verify`.",
    ),
    "mail.code-late": (
        "ລະຫັດໝົດເວລາແລ້ວ. ໃຊ້ mail-verify ໃໝ່.",
        "The code is too old. Ask for a new one with `mail-verify`.",
    ),
    "mail.code-used": (
        "ລະຫັດນີ້ໃຊ້ແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This code has been used. The address is proved already.",
    ),
    "mail.code-wrong": (
        "ລະຫັດບໍ່ຖືກ. ກວດຈົດໝາຍ ແລ້ວໃສ່ຄືນ.",
        "The code is wrong. Look at the letter and type it again.",
    ),
    "mail.code-spent": (
        "ໃສ່ລະຫັດຜິດຫຼາຍເທື່ອເກີນໄປ. ໃຊ້ mail-verify ໃໝ່.",
        "Too many wrong codes. Ask for a new one with `mail-verify`.",
    ),
    "double.person-unknown": (
        "ຕ້ອງແມ່ນສອງຄົນຕ່າງກັນໃນທະບຽນ. ກວດເລກຄືນ.",
        "These are not two persons of the register. Check both numbers.",
    ),
    "double.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງສອງຄົນນີ້. ເຊັນໃໝ່.",
        "What was signed is not about these two persons. Sign anew.",
    ),
    "double.own": (
        "ທ່ານຕັດສິນເລື່ອງຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ເຈົ້າໜ້າທີ່ຄົນອື່ນກວດ.",
        "You are one of the two. Another registration officer must look.",
    ),
    "double.cleared-already": (
        "ສອງຄົນນີ້ຖືກຢັ້ງຢືນວ່າຕ່າງກັນແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "These two are told apart already. Nothing more needs to be done.",
    ),
    "certificate.confirmation-not-open": (
        "ໃບຢັ້ງຢືນນີ້ຢັ້ງຢືນແລ້ວ, ຖືກຍົກເລີກ ຫຼື ບໍ່ໄດ້ມາຈາກຄຳຂໍ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "This certificate is confirmed already, revoked, or came of no request. Nothing needs to be done.",
    ),
    "certificate.confirmation-not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງໃບຢັ້ງຢືນນີ້. ເຊັນໃໝ່.",
        "What was signed is not about this certificate. Sign anew.",
    ),
}
