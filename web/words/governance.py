"""What is said of changes under four eyes: refusals, which say what to do, and what will happen."""

WORDS = {
    "change.unfit": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນການປ່ຽນແປງທີ່ໃຊ້ໄດ້. ແກ້ໄຟລ໌ຕາມທີ່ບອກ ແລ້ວວາງແຜນໃໝ່.",
        "This file is no change as it stands. Correct what is listed and plan again.",
    ),
    "change.nothing": (
        "ທຸກຢ່າງເປັນດັ່ງທີ່ຂໍແລ້ວ. ບໍ່ມີຫຍັງຕ້ອງປ່ຽນ.",
        "All of it is so already. There is nothing to change.",
    ),
    "change.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ສຳລັບການປ່ຽນແປງນີ້. ເບິ່ງຕາຕະລາງໃນ docs/governance.md ແລ້ວໃຫ້ຜູ້ມີໜ້າທີ່ເຮັດ.",
        "You have no duty that allows this. The table in docs/governance.md says who may: ask one of them.",
    ),
    "change.own-plan": (
        "ທ່ານອະນຸມັດແຜນຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ຄົນອື່ນທີ່ມີໜ້າທີ່ອະນຸມັດ.",
        "You cannot approve what you planned yourself. Another person on duty must.",
    ),
    "change.own-duty": (
        "ທ່ານວາງແຜນ ຫຼື ອະນຸມັດໜ້າທີ່ຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ຄົນອື່ນສອງຄົນເຮັດ.",
        "You can neither plan nor approve a change of your own duties. Two others must.",
    ),
    "change.twice": (
        "ທ່ານອະນຸມັດແຜນນີ້ແລ້ວ. ບໍ່ຕ້ອງເຮັດອີກ.",
        "You have approved this already. Apply it, or let another person approve too.",
    ),
    "change.not-approved": (
        "ຍັງບໍ່ມີຄົນອື່ນອະນຸມັດແຜນນີ້. ໃຫ້ຜູ້ມີໜ້າທີ່ອະນຸມັດກ່ອນ ດ້ວຍ change-approve.",
        "No other person has approved this. Let one who has the duty do so with change-approve, then apply it.",
    ),
    "change.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງການປ່ຽນແປງນີ້. ເບິ່ງແຜນຄືນ ແລ້ວເຊັນໃໝ່.",
        "What was signed is not this change. Look at the plan again and sign anew.",
    ),
    "change.unknown": (
        "ບໍ່ມີການປ່ຽນແປງທີ່ມີລະຫັດນີ້. ເບິ່ງ change-list.",
        "There is no change with this digest. change-list shows those that there are.",
    ),
    "change.ambiguous": (
        "ມີຫຼາຍແຜນທີ່ຂຶ້ນຕົ້ນແບບນີ້. ໃຫ້ຂຽນລະຫັດຍາວກວ່າ (ຢ່າງໜ້ອຍ 16 ຕົວ).",
        "This is too little of the digest, or several begin so. Give at least 16 digits.",
    ),
    "change.planned-already": (
        "ແຜນນີ້ຖືກບັນທຶກແລ້ວ. ໃຫ້ຄົນອື່ນອະນຸມັດ.",
        "This very change is planned already. Let another person approve it.",
    ),
    "change.outdated": (
        "ສະພາບໄດ້ປ່ຽນໄປຫຼັງຈາກວາງແຜນ. ໃຫ້ວາງແຜນໃໝ່ດ້ວຍ change-plan.",
        "What it was planned against is so no more. Plan it again with change-plan.",
    ),
    "change.expired": (
        "ແຜນນີ້ເກີນ 30 ວັນແລ້ວ. ໃຫ້ວາງແຜນໃໝ່.",
        "This has waited for more than 30 days. Plan it again.",
    ),
    "change.applied-already": (
        "ການປ່ຽນແປງນີ້ມີຜົນແລ້ວ. ຢາກປ່ຽນຄືນ ໃຫ້ວາງແຜນໃໝ່.",
        "This change is in force already. To undo it, plan another one.",
    ),
    "change.refused-already": (
        "ການປ່ຽນແປງນີ້ຖືກປະຕິເສດແລ້ວ. ຖ້າຍັງຕ້ອງການ ໃຫ້ວາງແຜນໃໝ່.",
        "This change was refused and is over. If it is still wanted, plan it again.",
    ),
    "change.acts-void": (
        "ລາຍເຊັນຂອງຜູ້ວາງແຜນ ຫຼື ຜູ້ອະນຸມັດໃຊ້ບໍ່ໄດ້ແລ້ວ. ໃຫ້ວາງແຜນ ແລະ ອະນຸມັດໃໝ່.",
        "The planner's or the approver's signature does not count any more. Plan it again and have it approved anew.",
    ),
    "change.busy": (
        "ມີການປ່ຽນແປງອື່ນພ້ອມກັນ. ລອງໃໝ່.",
        "Other changes are being applied at the same moment. Try again.",
    ),
    "change.specimen-refused": (
        "ໃບຢັ້ງຢືນທີ່ຈະອອກຫຼັງການປ່ຽນແປງນີ້ ບໍ່ຜ່ານການກວດຂອງພວກເຮົາ. ແກ້ຕາມທີ່ບອກ ແລ້ວວາງແຜນໃໝ່.",
        "After this change a certificate would not pass our own lint. Correct what is listed and plan again.",
    ),
    "change.specimen": (
        "ໃບຢັ້ງຢືນ {profile} ຈະເປັນແບບນີ້ (ຕົວຢ່າງ, ທຽບກັບມື້ນີ້):",
        "A {profile} certificate will be as follows (a specimen, compared with that of today):",
    ),
    "change.specimen-same": (
        "ເນື້ອໃນບໍ່ປ່ຽນ.",
        "Its contents stay as they are.",
    ),
    "foreign.own": (
        "ໃບຢັ້ງຢືນນີ້ເປັນຂອງພວກເຮົາເອງ ບໍ່ແມ່ນຂອງຕ່າງປະເທດ.",
        "This certificate is of a CA of our own. It needs no acceptance.",
    ),
    "foreign.accepted-already": (
        "ຮັບຮອງຜູ້ອອກໃບຢັ້ງຢືນນີ້ຢູ່ແລ້ວ. ຢາກປ່ຽນ ໃຫ້ຢຸດກ່ອນດ້ວຍ foreign-ca.end. ເບິ່ງ foreign-ca-list.",
        "This CA is accepted already. To change how, end it first with foreign-ca.end. See foreign-ca-list.",
    ),
    "foreign.not-accepted": (
        "ບໍ່ໄດ້ຮັບຮອງຜູ້ອອກໃບຢັ້ງຢືນທີ່ມີ sha256 ນີ້. ເບິ່ງ foreign-ca-list.",
        "No CA with this sha256 is accepted. See foreign-ca-list.",
    ),
    "foreign.unlisted": (
        "ບໍ່ຮັບ: ຜູ້ອອກໃບຢັ້ງຢືນນີ້ບໍ່ຢູ່ໃນບັນຊີທີ່ຮັບຮອງ. ເບິ່ງ foreign-ca-list.",
        "Refused: no foreign CA that is accepted here stands over this certificate. See foreign-ca-list.",
    ),
    "foreign.not-then": (
        "ບໍ່ຮັບ: ໃນເວລານັ້ນ ຜູ້ອອກໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້ຮັບການຮັບຮອງ. ຖ້າມີຫຼັກຖານວ່າເຊັນກ່ອນ ໃຫ້ບອກເວລາດ້ວຍ --at.",
        "Refused: the foreign CA was not accepted at that moment. If it provably signed at another, say so with --at.",
    ),
    "foreign.unproven": (
        "ບໍ່ຮັບ: ບໍ່ມີທາງຢັ້ງຢືນທີ່ໃຊ້ໄດ້ໄປຫາຜູ້ອອກທີ່ຮັບຮອງ. ເບິ່ງເຫດຜົນ.",
        "Refused: there is no valid path to the accepted CA at that moment. The reason says why.",
    ),
    "change.effect-foreign-accepted": (
        "ໃບຢັ້ງຢືນຂອງ {name} ຈະນັບຢູ່ນີ້ ໃນລະດັບ {level}.",
        "Certificates of {name} will count here, at the level {level}.",
    ),
    "change.effect-foreign-ended": (
        "ສິ່ງທີ່ເຊັນດ້ວຍໃບຢັ້ງຢືນຂອງ {name} ຕໍ່ໄປ ຈະບໍ່ນັບຢູ່ນີ້; ທີ່ເຊັນກ່ອນ ແລະ ມີຫຼັກຖານເວລາ ຍັງນັບ.",
        "What certificates of {name} sign from now on will not count here; what was provably signed before still does.",
    ),
    "preapproval.there-already": (
        "ອົງການນີ້ມີນະໂຍບາຍຢູ່ແລ້ວ. ຢາກປ່ຽນ ໃຫ້ຢຸດກ່ອນດ້ວຍ preapproval.end.",
        "This organisation has a policy already. To change it, end it first with preapproval.end.",
    ),
    "preapproval.none": (
        "ອົງການນີ້ບໍ່ມີນະໂຍບາຍທີ່ໃຊ້ຢູ່. ກວດລະຫັດຂອງອົງການ.",
        "This organisation has no policy in force. Check its code.",
    ),
    "change.effect-preapproved": (
        "ບໍລິການຂອງ {organisation} ຈະໄດ້ຮູ້ {scopes} ກ່ຽວກັບພະນັກງານຂອງຕົນ ໂດຍບໍ່ຖາມ. ພະນັກງານເຫັນໃນໜ້າການຕົກລົງ.",
        "Services of {organisation} will learn {scopes} of its own officers unasked. They see it on their page.",
    ),
    "change.effect-preapproval-ended": (
        "ພະນັກງານຂອງ {organisation} ຈະຖືກຖາມອີກ; ສິ່ງທີ່ບໍລິການໄດ້ມາໂດຍບໍ່ຖາມ ຈະໃຊ້ບໍ່ໄດ້ທັນທີ.",
        "Officers of {organisation} will be asked again; what its services got unasked is dead at once.",
    ),
    "ca-certificate.not-of-a-ca": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ແມ່ນຂອງຜູ້ອອກໃບຢັ້ງຢືນ. ໃຫ້ຍົກເລີກດ້ວຍ `revoke`.",
        "This certificate is no CA's. End it with `revoke`.",
    ),
    "ca-certificate.of-ours": (
        "ນີ້ແມ່ນຜູ້ອອກໃບຢັ້ງຢືນຂອງພວກເຮົາເອງ ທີ່ຍັງເຮັດວຽກ: ໃຫ້ປິດດ້ວຍ `terminate` ຫຼື `compromise` ພ້ອມຜູ້ປະຕິບັດງານສອງຄົນ.",
        "This is an issuer of ours that works, or its key: end it by `terminate` or `compromise`, with two operators.",
    ),
    "change.effect-ca-revoked": (
        "OCSP ບອກທັນທີ. ບັນຊີຂອງ {root} ຈະບອກເມື່ອເຊັນເທື່ອຕໍ່ໄປ: ຈັດພິທີທີ່ມີຂັ້ນຕອນ root-crl.",
        "OCSP says it at once. The list of {root} has it when it is signed next: hold a ceremony with a step root-crl.",
    ),
    "unproven.no-change": (
        "ບໍ່ມີການປ່ຽນແປງທີ່ສອງຄົນຕົກລົງ ເປັນທີ່ມາຂອງລາຍການນີ້. ບໍ່ນັບ. ຖາມຜູ້ທີ່ຂຽນ.",
        "No change that two persons agreed on brought this. It does not count: ask who wrote it.",
    ),
    "unproven.not-agreed": (
        "ການປ່ຽນແປງທີ່ອ້າງເຖິງ ບໍ່ມີລາຍເຊັນສອງຄົນທີ່ໃຊ້ໄດ້ ຫຼື ບອກຢ່າງອື່ນ. ບໍ່ນັບ.",
        "Its change was not provably agreed on by two persons who might, or says something else. It does not count.",
    ),
    "unproven.ceremony": (
        "ພິທີສ້າງສິ່ງນີ້ບໍ່ໄດ້: ຊ້າເກີນໄປ ຫຼື ບໍ່ມີກະແຈຂອງເຈົ້າໜ້າທີ່. ບໍ່ນັບ.",
        "No ceremony could make this: it came too late, or without the officer's key. It does not count.",
    ),
    "unproven.no-act": (
        "ບໍ່ມີລາຍເຊັນຂອງໃຜສຳລັບການສິ້ນສຸດ ຫຼື ໂຈະນີ້. ໃບຢັ້ງຢືນຍັງສິ້ນສຸດຢູ່. ຖາມຜູ້ທີ່ຂຽນ.",
        "No person's act stands behind this end or pause, which holds all the same: ask who wrote it.",
    ),
    "unproven.act-void": (
        "ລາຍເຊັນ ຫຼື ລະຫັດທີ່ຢູ່ກັບການສິ້ນສຸດນີ້ ໃຊ້ບໍ່ໄດ້ ຫຼື ຜູ້ເຊັນບໍ່ມີສິດ. ຖາມຜູ້ທີ່ຂຽນ.",
        "The act or code beside this end or pause does not verify, or is of somebody who might not. Ask who wrote it.",
    ),
    "unproven.request-unanswered": (
        "ຄຳຂໍນີ້ຖືກປິດ ໂດຍທີ່ໃບຢັ້ງຢືນຍັງບໍ່ສິ້ນສຸດ ແລະ ບໍ່ໄດ້ໂຈະ. ກວດຄຳຂໍອີກ ແລະ ຖາມຜູ້ທີ່ຂຽນ.",
        "This request was closed, and its certificate neither ended nor paused. Look at it again; ask who wrote it.",
    ),
    "unproven.leave": (
        "ບໍ່ມີຫຼັກຖານວ່າຜູ້ປະຕິບັດງານ CA ໄດ້ບັນທຶກໃບອະນຸຍາດນີ້ ຫຼື ລາຍເຊັນນີ້. ບໍ່ນັບ. ຖາມຜູ້ທີ່ຂຽນ.",
        "No CA operator provably entered this leave, or signed this for it. It does not count: ask who wrote it.",
    ),
    "unproven.obeyed": (
        "ບໍ່ມີຫຼັກຖານວ່າຜູ້ມີສິດຕ້ອງການການສິ້ນສຸດ ຫຼື ການຖອນນີ້. ແຕ່ຍັງມີຜົນ ເພາະມັນພຽງແຕ່ເອົາອອກ. ຖາມຜູ້ທີ່ຂຽນ.",
        "Nobody who might provably wanted this end or withdrawal. It only takes away, so it holds: ask who wrote it.",
    ),
    "unproven.halted": (
        "ບໍ່ມີຫຼັກຖານວ່າຜູ້ມີສິດໄດ້ສັ່ງຢຸດນີ້. ແຕ່ຍັງຢຸດຢູ່ ຈົນກວ່າຜູ້ມີສິດຈະໃຫ້ສືບຕໍ່. ຖາມຜູ້ທີ່ຂຽນ.",
        "Nobody who might provably ordered this halt. It holds until one who may lets it go on: ask who wrote it.",
    ),
    "unproven.not-resumed": (
        "ບໍ່ມີຫຼັກຖານວ່າຜູ້ມີສິດໄດ້ໃຫ້ສືບຕໍ່. ບໍ່ນັບ. ຖາມຜູ້ທີ່ຂຽນ.",
        "Nobody who might provably let this go on. It does not count: ask who wrote it.",
    ),
    "unproven.no-cause": (
        "ບໍ່ມີເຫດທີ່ກົງກັບການສິ້ນສຸດ ຫຼື ໂຈະນີ້. ຖາມຜູ້ທີ່ຂຽນ.",
        "Nothing that ends or pauses certificates by itself was so here. Ask who wrote it.",
    ),
    "duty.clash": (
        "ຄົນດຽວມີສອງໜ້າທີ່ນີ້ພ້ອມກັນບໍ່ໄດ້. ເລືອກຄົນອື່ນ ຫຼື ຢຸດໜ້າທີ່ເກົ່າກ່ອນ.",
        "Nobody may have these duties at once. Choose another person, or end the other duty first.",
    ),
    "duty.held": (
        "ຄົນນີ້ມີໜ້າທີ່ນີ້ແລ້ວ. ເບິ່ງ duty-list.",
        "This person has this duty then already. See duty-list.",
    ),
    "duty.end-ahead": (
        "ມີຄົນຂຽນການສິ້ນສຸດໄວ້ລ່ວງໜ້າ ໂດຍບໍ່ມີໃຜຕົກລົງ: ບໍ່ນັບ ແຕ່ກີດຂວາງ. ຖ້າຕ້ອງຢຸດ ໃຊ້ revoke --person. ຖາມຜູ້ທີ່ຂຽນ.",
        "A later end that nobody agreed on does not count, but bars others: use revoke --person, and ask who wrote it.",
    ),
    "duty.not-held": (
        "ຄົນນີ້ບໍ່ມີໜ້າທີ່ນີ້. ເບິ່ງ duty-list.",
        "This person has no such duty. See duty-list.",
    ),
    "duty.last": (
        "ຖ້າຢຸດໜ້າທີ່ນີ້ ຈະເຫຼືອຜູ້ອະນຸມັດບໍ່ຮອດສອງຄົນ. ໃຫ້ແຕ່ງຕັ້ງຄົນໃໝ່ກ່ອນ.",
        "Fewer than two would be left who can approve changes. Grant the duty to another person first.",
    ),
    "duty.person-unknown": (
        "ບໍ່ມີເລກບຸກຄົນນີ້ໃນທະບຽນ. ກວດເລກຄືນ ຫຼື ນຳເຂົ້າທະບຽນກ່ອນ.",
        "No person with this number is in the register. Check the number, or bring the person in first.",
    ),
    "duty.desk-unknown": (
        "ບໍ່ມີໂຕະນີ້ ຫຼື ໂຕະນີ້ປິດແລ້ວ. ເບິ່ງ desk-list.",
        "There is no such desk, or it is closed. See desk-list.",
    ),
    "change.desk-exists": (
        "ມີໂຕະທີ່ໃຊ້ລະຫັດນີ້ແລ້ວ. ໃຊ້ desk.change ຫຼື ລະຫັດອື່ນ.",
        "There is a desk of this code already. Use desk.change, or another code.",
    ),
    "change.desk-unknown": (
        "ບໍ່ມີໂຕະນີ້. ເບິ່ງ desk-list.",
        "There is no such desk. See desk-list.",
    ),
    "change.desk-closed": (
        "ໂຕະນີ້ປິດແລ້ວ.",
        "This desk is closed already. Nothing is left to do.",
    ),
    "change.desk-open": (
        "ໂຕະນີ້ຍັງເປີດຢູ່ ຫຼື ຈະເປີດ. ວາງແຜນ desk.close ກ່ອນ.",
        "This desk is open, or will be. Plan desk.close first.",
    ),
    "change.body-unknown": (
        "ບໍ່ມີອົງກອນນີ້ໃນທະບຽນ. ກວດລະຫັດຄືນ.",
        "No organisation of this code is in the register. Check the code.",
    ),
    "change.effect-deciders": (
        "ເຈົ້າໜ້າທີ່ທີ່ຕັດສິນຄຳຂໍໄດ້: {before} ຄົນ → {after} ຄົນ.",
        "Officers who can decide on requests: {before} → {after}.",
    ),
    "change.effect-decisions-lost": (
        "{officers} ຄົນຕັດສິນບໍ່ໄດ້ອີກ; {enrolments} ຄຳຂໍທີ່ລໍຖ້າຢູ່ ຈະຕ້ອງມີການຕັດສິນຂອງຄົນອື່ນແທນ.",
        "{officers} can no longer decide; {enrolments} waiting requests will need another officer's decision instead.",
    ),
    "change.effect-more-decisions": (
        "{enrolments} ຄຳຂໍທີ່ລໍຖ້າຢູ່ ຈະຕ້ອງມີການຕັດສິນເພີ່ມ {more} ຄັ້ງ.",
        "{enrolments} waiting requests will need {more} more decision(s) each.",
    ),
    "change.effect-enough-decisions": (
        "{enrolments} ຄຳຂໍທີ່ລໍຖ້າຢູ່ ຈະມີການຕັດສິນພຽງພໍທັນທີ.",
        "{enrolments} waiting requests will have enough decisions at once.",
    ),
    "change.effect-validity": (
        "ໃບຢັ້ງຢືນ {profile} ທີ່ອອກໃໝ່ ມີອາຍຸ {after} ວັນ ແທນ {before} ວັນ.",
        "New {profile} certificates will live {after} days instead of {before}.",
    ),
    "change.effect-no-judge": (
        "ບໍ່ມີການກວດຄັ້ງທີສອງສຳລັບ {profile} ອີກ.",
        "No second judge will look at {profile} certificates any more.",
    ),
    "change.effect-desk-revoked-all": (
        "ໃບຢັ້ງຢືນ {certificates} ໃບ ຂອງ {persons} ຄົນ ຈະຖືກຍົກເລີກ ແລະ ກັບຄືນບໍ່ໄດ້.",
        "{certificates} certificates of {persons} persons will end for ever.",
    ),
    "change.effect-desk-revoked": (
        "ໃນນັ້ນ: {profile} {certificates} ໃບ.",
        "Among them: {certificates} of {profile}.",
    ),
    "change.effect-desk-opens": (
        "ໂຕະ {desk} ຈະລົງທະບຽນໄດ້ ເມື່ອມີເຈົ້າໜ້າທີ່.",
        "Desk {desk} can register once it has officers.",
    ),
}
