"""What the CA says when it refuses: Lao, then English; each says what to do."""

_REASONS = "key-loss, key-compromise, key-unusable, wrong-data, changed-data, lost-role, death, misuse, replaced …"

WORDS = {
    "enrolment.request-malformed": (
        "ຄຳຂໍ PKCS#10 ນີ້ອ່ານບໍ່ໄດ້. ໃຫ້ສ້າງຄຳຂໍໃໝ່ ແລ້ວສົ່ງໄຟລ໌ທັງໝົດ.",
        "This PKCS#10 request cannot be read. Make the request again and send the whole file.",
    ),
    "enrolment.proof-of-possession": (
        "ລາຍເຊັນຂອງຄຳຂໍບໍ່ກົງກັບກະແຈໃນຄຳຂໍ. ໃຫ້ສ້າງຄຳຂໍໃໝ່ດ້ວຍກະແຈຂອງທ່ານເອງ.",
        "The request is not signed by the key it names. Make it again with your own key.",
    ),
    "enrolment.key-weak": (
        "ກະແຈນີ້ອ່ອນເກີນໄປ. ໃຫ້ສ້າງກະແຈ P-256, P-384 ຫຼື RSA ຢ່າງໜ້ອຍ 3072 ບິດ.",
        "This key is too weak. Make a P-256 or P-384 key, or RSA of at least 3072 bits with exponent 65537.",
    ),
    "enrolment.key-used": (
        "ກະແຈນີ້ເຄີຍໃຊ້ແລ້ວ. ໃຫ້ສ້າງກະແຈໃໝ່ສຳລັບຄຳຂໍນີ້.",
        "This key has been used before. Make a new key for this request.",
    ),
    "enrolment.key-shares-factor": (
        "ກະແຈ RSA ນີ້ມີຕົວປະກອບຮ່ວມກັບກະແຈອື່ນ: ໃຜກໍຄິດໄລ່ກະແຈລັບໄດ້. ຢ່າໃຊ້ມັນອີກ; ໃຫ້ສ້າງກະແຈໃໝ່ໃນເຄື່ອງອື່ນ ແລ້ວລົງທະບຽນໃໝ່.",
        "This RSA key shares a factor with another: anybody can compute both. Make a new key on another device.",
    ),
    "enrolment.key-blocked": (
        "ກະແຈນີ້ຖືກປິດກັ້ນແລ້ວ. ໃຫ້ສ້າງກະແຈໃໝ່ ແລ້ວລົງທະບຽນໃໝ່.",
        "This key is blocked because it may be in other hands. Make a new key and enrol again.",
    ),
    "enrolment.person-unknown": (
        "ບໍ່ມີເລກບຸກຄົນນີ້ໃນທະບຽນ. ກວດເລກຄືນ ຫຼື ນຳເຂົ້າທະບຽນກ່ອນ.",
        "No person with this number is in the register. Check the number, or bring the person into the register first.",
    ),
    "enrolment.person-cut-off": (
        "ໃບຢັ້ງຢືນຂອງບຸກຄົນນີ້ຖືກຍົກເລີກຫຼັງຈາກຄຳຂໍນີ້. ໃຫ້ລົງທະບຽນໃໝ່.",
        "This person's certificates were revoked after this request. Enrol again with a new key.",
    ),
    "enrolment.no-appointment": (
        "ບຸກຄົນນີ້ບໍ່ມີຕຳແໜ່ງໃນຕອນນີ້. ໃຫ້ກົມຈັດຕັ້ງແກ້ທະບຽນກ່ອນ.",
        "This person holds no post now. Have the personnel office correct the register, then enrol again.",
    ),
    "enrolment.too-young": (
        "ບຸກຄົນນີ້ອາຍຸບໍ່ເຖິງເກນຂອງເຈົ້າໜ້າທີ່. ກວດວັນເດືອນປີເກີດໃນທະບຽນ.",
        "This person is too young for an officer's certificate. Check the date of birth in the register.",
    ),
    "enrolment.profile-not-for-persons": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ຂໍຢູ່ໂຕະລົງທະບຽນບໍ່ໄດ້. ເບິ່ງລາຍຊື່ຊະນິດຢູ່ enrol --help.",
        "Nobody asks for this profile at a desk. See `enrol --help` for those that are asked for.",
    ),
    "enrolment.evidence-missing": (
        "ບໍ່ມີເອກະສານຢັ້ງຢືນຕົວຕົນ. ໃຫ້ກວດບັດ ແລ້ວບັນທຶກກ່ອນ.",
        "No identity paper was recorded. See the person's card and record it first.",
    ),
    "enrolment.evidence-insufficient": (
        "ເອກະສານບໍ່ພຽງພໍ. ປຶ້ມສຳມະໂນຄົວຕ້ອງມີພະຍານ ຫຼື ໃຊ້ບັດປະຈຳຕົວ ຫຼື ໜັງສືຜ່ານແດນ.",
        "The papers do not suffice. A household book needs a witness; else take an identity card or a passport.",
    ),
    "enrolment.evidence-expired": (
        "ເອກະສານໝົດອາຍຸແລ້ວ. ໃຫ້ໃຊ້ເອກະສານທີ່ຍັງໃຊ້ໄດ້.",
        "A paper has expired. Bring one that is still valid.",
    ),
    "enrolment.evidence-without-last-day": (
        "ບໍ່ໄດ້ບັນທຶກວັນໝົດອາຍຸຂອງບັດ ຫຼື ໜັງສືຜ່ານແດນ. ໃຫ້ນຳເອກະສານມາສະແດງຢູ່ຫ້ອງລົງທະບຽນ ແລ້ວບັນທຶກວັນນັ້ນ.",
        "The last day of a card or passport was not recorded. Show it at a desk, which records that day.",
    ),
    "enrolment.evidence-not-yet-issued": (
        "ວັນທີອອກເອກະສານຍັງບໍ່ທັນເຖິງ. ກວດວັນທີ (ໃຊ້ປີ ຄ.ສ.).",
        "A paper's date of issue lies in the future. Check the date; years are Gregorian, not Buddhist.",
    ),
    "enrolment.digest-wrong": (
        "ຄຳຂໍ ຫຼື ຊື່ຂອງຜູ້ຂໍຖືກປ່ຽນຫຼັງຈາກສົ່ງ. ບໍ່ອອກໃບຢັ້ງຢືນ; ແຈ້ງຜູ້ກວດສອບ ແລ້ວລົງທະບຽນໃໝ່.",
        "The request or the person's name is not as it was handed in. Nothing is issued: tell the auditor, enrol anew.",
    ),
    "enrolment.lint": (
        "ໃບຢັ້ງຢືນນີ້ຈະບໍ່ຖືກຕາມກົດ. ກວດຊື່ໃນທະບຽນ ແລ້ວລົງທະບຽນໃໝ່.",
        "The certificate would break a rule of its profile. Check the names in the register, then enrol again.",
    ),
    "enrolment.not-made": (
        "ຫ້ອງເຊັນສ້າງໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້. ແຈ້ງຜູ້ດູແລລະບົບ (ເຫດຜົນຢູ່ໃນບັນທຶກຂອງຫ້ອງເຊັນ) ແລ້ວລົງທະບຽນໃໝ່.",
        "The signing room breaks on this certificate. Tell the operator, whose log of it says why; then enrol again.",
    ),
    "decision.enrolment-unknown": (
        "ບໍ່ມີຄຳຂໍນີ້. ກວດລະຫັດຄຳຂໍຄືນ.",
        "There is no such enrolment. Check its id.",
    ),
    "decision.enrolment-ended": (
        "ຄຳຂໍນີ້ປິດແລ້ວ. ບໍ່ຕ້ອງຕັດສິນອີກ.",
        "This enrolment has ended. Nothing is left to decide; the person may enrol again.",
    ),
    "decision.own-request": (
        "ທ່ານຕັດສິນຄຳຂໍຂອງຕົນເອງບໍ່ໄດ້. ໃຫ້ເຈົ້າໜ້າທີ່ອີກສອງຄົນຕັດສິນ.",
        "You cannot decide on your own request. Two other registration officers must.",
    ),
    "decision.twice": (
        "ທ່ານຕັດສິນຄຳຂໍນີ້ແລ້ວ. ໃຫ້ເຈົ້າໜ້າທີ່ຄົນອື່ນຕັດສິນຕື່ມ.",
        "You have decided on this request already. Another registration officer must decide too.",
    ),
    "decision.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ເປັນເຈົ້າໜ້າທີ່ລົງທະບຽນໃນຕອນນີ້. ຕິດຕໍ່ຜູ້ດູແລລະບົບ.",
        "You are not on duty as a registration officer now. Ask the administrator to have the duty recorded.",
    ),
    "decision.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງຄຳຂໍນີ້. ເປີດຄຳຂໍຄືນ ແລ້ວເຊັນໃໝ່.",
        "What was signed is not this request as it stands. Open it again and sign anew.",
    ),
    "act.certificate-unknown": (
        "ບໍ່ຮູ້ຈັກໃບຢັ້ງຢືນຂອງກະແຈນີ້. ໃຊ້ກະແຈຂອງໃບຢັ້ງຢືນເຂົ້າລະບົບຂອງທ່ານ.",
        "We issued no certificate for this key to this person. Use the key of your own authentication certificate.",
    ),
    "act.certificate-not-for-authentication": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ແມ່ນສຳລັບເຂົ້າລະບົບ. ໃຊ້ກະແຈເຂົ້າລະບົບຂອງເຈົ້າໜ້າທີ່.",
        "This certificate is not for authentication. Use your officer-authentication key.",
    ),
    "act.certificate-not-valid-then": (
        "ໃບຢັ້ງຢືນຂອງທ່ານໃຊ້ບໍ່ໄດ້ໃນເວລານັ້ນ. ກວດໂມງ ຫຼື ຕໍ່ອາຍຸໃບຢັ້ງຢືນ.",
        "Your certificate was not valid at that time. Check the clock, or renew the certificate.",
    ),
    "act.stale": (
        "ລາຍເຊັນນີ້ເກົ່າເກີນໄປ. ກວດໂມງ ແລ້ວເຮັດໃໝ່.",
        "This was signed too long ago, or the clock is wrong. Check the clock and do it again.",
    ),
    "act.certificate-revoked": (
        "ໃບຢັ້ງຢືນຂອງທ່ານຖືກຍົກເລີກ ຫຼື ໂຈະໄວ້. ຕິດຕໍ່ເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "Your certificate is revoked or on hold. Ask a registration officer.",
    ),
    "act.signature-invalid": (
        "ລາຍເຊັນບໍ່ຖືກຕ້ອງ. ໃຊ້ກະແຈຂອງທ່ານເອງ ແລ້ວເຮັດໃໝ່.",
        "The signature does not verify. Use your own key and do it again.",
    ),
    "act.other-person": (
        "ລາຍເຊັນເປັນຂອງຄົນອື່ນ. ໃຫ້ຜູ້ຕັດສິນເຊັນດ້ວຍຕົນເອງ.",
        "The signature is another person's. Who decides must sign himself.",
    ),
    "revocation.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ຍົກເລີກໃບຢັ້ງຢືນ. ຕິດຕໍ່ເຈົ້າໜ້າທີ່ລົງທະບຽນ.",
        "Only a registration officer or a CA operator on duty may do this. Ask one of them.",
    ),
    "revocation.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງການຍົກເລີກນີ້. ເຊັນໃໝ່.",
        "What was signed is not this revocation. Sign anew.",
    ),
    "revocation.reason-unknown": (
        f"ບໍ່ມີເຫດຜົນນີ້. ເລືອກອັນໃດອັນໜຶ່ງ: {_REASONS}",
        f"There is no such ground. Choose one of: {_REASONS}",
    ),
    "revocation.person-unknown": (
        "ບໍ່ມີເລກບຸກຄົນນີ້ໃນທະບຽນ. ກວດເລກຄືນ.",
        "No person with this number is in the register. Check the number.",
    ),
    "revocation.certificate-unknown": (
        "ບໍ່ມີໃບຢັ້ງຢືນນີ້ໃນບັນຊີຂອງພວກເຮົາ. ກວດເລກ ຫຼື ໄຟລ໌ຄືນ.",
        "This certificate is not in our ledger. Check the serial number or the file.",
    ),
    "revocation.nothing-to-revoke": (
        "ບຸກຄົນນີ້ບໍ່ມີໃບຢັ້ງຢືນທີ່ຍັງໃຊ້ໄດ້. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "This person has no certificate that could be revoked. Nothing needs to be done.",
    ),
    "revocation.of-a-ca": (
        "ນີ້ແມ່ນໃບຢັ້ງຢືນຂອງ CA: ເຈົ້າໜ້າທີ່ຄົນດຽວຢຸດມັນບໍ່ໄດ້. ໃຊ້ `compromise`, `terminate` ຫຼື (ໃບໄຂວ້) `ca-certificate.revoke`.",
        "No officer alone ends a CA's: use `compromise`, `terminate` or, for a cross one, `ca-certificate.revoke`.",
    ),
    "revocation.too-many": (
        "ບຸກຄົນນີ້ມີໃບຢັ້ງຢືນຫຼາຍເກີນໄປສຳລັບເທື່ອດຽວ. ໃຫ້ຍົກເລີກເທື່ອລະໃບກ່ອນ.",
        "This person has too many certificates for one entry. Revoke some one by one first.",
    ),
    "revocation.already-revoked": (
        "ໃບຢັ້ງຢືນນີ້ຖືກຍົກເລີກແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This certificate is revoked already. Nothing more needs to be done.",
    ),
    "revocation.final": (
        "ຜູ້ອອກໃບຢັ້ງຢືນນີ້ສິ້ນສຸດແລ້ວ ແລະ ສະຖານະຂອງມັນຖືກບອກເປັນເທື່ອສຸດທ້າຍ: ປ່ຽນບໍ່ໄດ້ອີກ.",
        "The issuer of this certificate is past its end, and its status was told for the last time: it stays as it is.",
    ),
    "revocation.already-held": (
        "ໃບຢັ້ງຢືນນີ້ໂຈະໄວ້ແລ້ວ. ປົດ ຫຼື ຍົກເລີກມັນ.",
        "This certificate is on hold already. Release or revoke it.",
    ),
    "revocation.not-held": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້ໂຈະໄວ້. ກວດໄຟລ໌ຄືນ.",
        "This certificate is not on hold. Check which one was meant.",
    ),
    "revocation.hold-over": (
        "ໄລຍະໂຈະສິ້ນສຸດແລ້ວ: ປົດບໍ່ໄດ້ອີກ ແລະ ໃບຢັ້ງຢືນຖືກຍົກເລີກ. ຖ້າຍັງຕ້ອງການ ໃຫ້ໄປລົງທະບຽນໃໝ່.",
        "The pause is past its end: nobody can release it any more, and the certificate is revoked. Enrol again.",
    ),
    "revocation.never-held": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ໂຈະບໍ່ໄດ້. ໃຫ້ຍົກເລີກແທນ.",
        "A certificate of this kind cannot be held. Revoke it instead.",
    ),
    "revocation.not-by-phone": (
        "ສູນຊ່ວຍເຫຼືອໂຈະໄດ້ແຕ່ໃບຢັ້ງຢືນຂອງຄົນ. ໃຫ້ເຈົ້າໜ້າທີ່ຂອງອົງກອນ ຫຼື ເຈົ້າໜ້າທີ່ລົງທະບຽນໂຈະແທນ.",
        "The help desk suspends people's certificates only. Ask an officer of the body, or a registration officer.",
    ),
    "revocation.hold-too-long": (
        "ໂຈະດົນເກີນກຳນົດ. ເລືອກຈຳນວນມື້ໜ້ອຍລົງ.",
        "A pause must end later than now and within the days that the configuration allows. Take fewer days.",
    ),
    "revocation.release-ordered": (
        "ມີຄົນສັ່ງປົດແລ້ວ. ຫ້ອງເຊັນຈະປົດໃນອີກບໍ່ດົນ.",
        "Its release is ordered already. The signing room carries it out; nothing more needs to be done.",
    ),
    "code.form": (
        "ລະຫັດມີ 30 ຕົວເລກ. ກວດໃບລະຫັດຄືນ ແລ້ວພິມໃໝ່.",
        "The code has 30 digits. Look at the slip again and type all of them.",
    ),
    "code.unknown": (
        "ລະຫັດບໍ່ຖືກ. ກວດໃບລະຫັດຄືນ; ຖ້າຍັງບໍ່ໄດ້ ໃຫ້ແຈ້ງຂ້າງລຸ່ມ ໂດຍບໍ່ໃຊ້ລະຫັດ.",
        "This code is not right. Look at the slip again; if it still fails, report the loss below without a code.",
    ),
    "code.used": (
        "ລະຫັດນີ້ໃຊ້ໄປແລ້ວ. ໃບຢັ້ງຢືນຖືກຍົກເລີກແລ້ວ; ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This code was used already, and what it was for is revoked. Nothing more needs to be done.",
    ),
    "code.too-many": (
        "ລອງຫຼາຍເທື່ອເກີນໄປ. ລໍຖ້າ 15 ນາທີ ຫຼື ແຈ້ງຂ້າງລຸ່ມ ໂດຍບໍ່ໃຊ້ລະຫັດ.",
        "There were too many attempts. Wait 15 minutes, or report the loss below without a code.",
    ),
    "report.empty": (
        "ບອກເຮົາວ່າໃບຢັ້ງຢືນຂອງໃຜ ແລະ ເກີດຫຍັງຂຶ້ນ.",
        "Say whose certificate it is and what happened.",
    ),
    "report.too-many": (
        "ມີການແຈ້ງຫຼາຍເກີນໄປໃນຊົ່ວໂມງນີ້. ໃຊ້ໃບລະຫັດ, ໂທຫາເຮົາ (ເບີຢູ່ໜ້າ /disclosure) ຫຼື ໄປສູນໃກ້ບ້ານ.",
        "Too much was reported in this hour. Use the slip, call us (see /disclosure), or go to the nearest centre.",
    ),
    "report.too-many-of-one": (
        "ມີການແຈ້ງຈາກເຄືອຂ່າຍນີ້ຫຼາຍເກີນໄປ. ໃຊ້ໃບລະຫັດ, ໂທຫາເຮົາ (ເບີຢູ່ໜ້າ /disclosure) ຫຼື ແຈ້ງຈາກເຄືອຂ່າຍອື່ນ.",
        "Too much was reported from this network. Use the slip, call us (see /disclosure), or use another network.",
    ),
    "report.too-long": (
        "ຂໍ້ຄວາມຍາວເກີນໄປ. ຂຽນໃຫ້ສັ້ນກວ່າ 2000 ຕົວອັກສອນ.",
        "This is too long. Write fewer than 2000 letters.",
    ),
    "ending.unknown": (
        "ບໍ່ມີຄຳຂໍນີ້. ກວດເລກຄຳຂໍດ້ວຍຄຳສັ່ງ ending-list.",
        "There is no such request. Look its id up with the verb ending-list.",
    ),
    "ending.own": (
        "ຄຳຂໍນີ້ກ່ຽວກັບຕົວທ່ານເອງ ຫຼື ໃບຢັ້ງຢືນຂອງທ່ານ. ໃຫ້ເຈົ້າໜ້າທີ່ຄົນອື່ນຕັດສິນ.",
        "This request is about yourself, or about a certificate of yours. Another officer must decide on it.",
    ),
    "ending.not-so-many": (
        "ລາຍເຊັນໜຶ່ງ ປິດໄດ້ 1 ຫາ 250 ຄຳຂໍ ແລະ ແຕ່ລະຄຳຂໍ ບອກຄັ້ງດຽວ. ແບ່ງເປັນຫຼາຍຄັ້ງ.",
        "One signature closes 1 to 250 requests, each named once. Sign for fewer at a time.",
    ),
    "ending.closed": (
        "ຄຳຂໍນີ້ຕັດສິນແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This request is decided already. Nothing more needs to be done.",
    ),
    "outbox.not-dead": (
        "ຈົດໝາຍນີ້ຍັງບໍ່ໝົດຫວັງ ຫຼື ສົ່ງຄືນແລ້ວ. ເບິ່ງ outbox-list --dead.",
        "This letter is not dead, or was put in again already. See outbox-list --dead.",
    ),
    "outbox.of-no-use": (
        "ຂໍ້ຄວາມຊະນິດນີ້ສົ່ງຄືນບໍ່ມີປະໂຫຍດ: ເວລາຂອງມັນໝົດແລ້ວ. ໃຫ້ຕິດຕໍ່ຜູ້ດູແລບໍລິການ.",
        "A logout or a ping is of no use later: its time is over. Call who runs the service.",
    ),
    "key.not-a-report": (
        "ຄຳຂໍນີ້ບໍ່ແມ່ນການແຈ້ງກະແຈຮົ່ວ. ໃຫ້ໃສ່ຊື່ CN=laotrust: this key is compromised.",
        "This request is no report of its key. Make it with the subject CN=laotrust: this key is compromised.",
    ),
    "key.blocked-already": (
        "ກະແຈນີ້ຖືກປິດກັ້ນແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This key is blocked already. Nothing more needs to be done.",
    ),
    "replacement.not-yours": (
        "ຄຳຂໍ ຫຼື ໃບຢັ້ງຢືນນີ້ບໍ່ແມ່ນຂອງທ່ານ. ໃຊ້ກະແຈ ແລະ ຄຳຂໍຂອງທ່ານເອງ.",
        "The request or the certificate is not yours. Replace your own, under your own key.",
    ),
    "replacement.other-profile": (
        "ໃບໃໝ່ຕ້ອງເປັນຊະນິດດຽວກັບໃບເກົ່າ. ລົງທະບຽນໃໝ່ໃຫ້ຖືກຊະນິດ.",
        "The new certificate must be of the same profile as the old one. Enrol again for that profile.",
    ),
    "replacement.never": (
        "ໃບຢັ້ງຢືນຊະນິດນີ້ ຕໍ່ ຫຼື ແທນບໍ່ໄດ້. ໃຫ້ໄປໂຕະລົງທະບຽນ ຂໍໃບໃໝ່ດ້ວຍກະແຈໃໝ່.",
        "A certificate of this kind is followed by none. Go to a desk and enrol with a new key, as for the first time.",
    ),
    "replacement.ended": (
        "ໃບເກົ່າໃຊ້ບໍ່ໄດ້ແລ້ວ ຫຼື ຄຳຂໍປິດແລ້ວ. ໃຫ້ລົງທະບຽນໃໝ່ຕາມປົກກະຕິ.",
        "The old certificate no longer counts, or the request has ended. Enrol as for the first time.",
    ),
    "replacement.twice": (
        "ຄຳຂໍນີ້ ແທນໃບຢັ້ງຢືນຢູ່ແລ້ວ.",
        "This request replaces a certificate already. Nothing more needs to be done.",
    ),
    "replacement.open": (
        "ມີຄຳຂໍອື່ນແທນໃບຢັ້ງຢືນນີ້ຢູ່ແລ້ວ. ໃຊ້ຄຳຂໍນັ້ນ ຫຼື ໃຫ້ເຈົ້າໜ້າທີ່ປະຕິເສດກ່ອນ.",
        "Another request for the place of this certificate is open or granted. Use it, or have an officer refuse it.",
    ),
    "replacement.unconfirmed": (
        "ຜູ້ຖືຍັງບໍ່ໄດ້ຢັ້ງຢືນຊື່ໃນໃບນີ້ ຫຼື ໃບນີ້ສິ້ນສຸດແລ້ວ. ໃຊ້ certificate-confirm; ຖ້າສິ້ນສຸດແລ້ວ ໃຫ້ລົງທະບຽນໃໝ່.",
        "Its holder never confirmed that certificate, or it ended. Use `certificate-confirm`; if it ended, enrol anew.",
    ),
    "replacement.no-request": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ມີຄຳຂໍພ້ອມເອກະສານ. ລົງທະບຽນຢູ່ໂຕະ; ເຈົ້າໜ້າທີ່ຈາກພິທີ ຮັບກະແຈໃໝ່ໃນພິທີ (first-officer).",
        "No papers are behind it. Enrol at a desk; a ceremony's officer may get a new key by the step first-officer.",
    ),
    "replacement.nothing-changed": (
        "ທະບຽນຍັງບອກຄືກັນກັບໃບຢັ້ງຢືນນີ້. ໃຊ້ renew ຫຼື rekey.",
        "The register says the same as that certificate. Use `renew`, or `rekey` with a new key.",
    ),
    "replacement.data-changed": (
        "ທະບຽນປ່ຽນແລ້ວ ນັບແຕ່ອອກໃບຢັ້ງຢືນນີ້. ໃຊ້ modify.",
        "The register has changed since that certificate was approved. Use `modify`.",
    ),
    "replacement.name-changed": (
        "ຊື່ຂອງຜູ້ຖືປ່ຽນແລ້ວ. ໃຫ້ມາໂຕະລົງທະບຽນພ້ອມເອກະສານທີ່ມີຊື່ໃໝ່ (modify --paper).",
        "The holder has another name now. He comes to a desk with a paper that has it (`modify` with --paper).",
    ),
    "replacement.identity-old": (
        "ກວດເອກະສານມາດົນເກີນກຳນົດ. ໃຫ້ມາໂຕະລົງທະບຽນພ້ອມເອກະສານ: enrol ດ້ວຍກະແຈໃໝ່ ແລ້ວ rekey.",
        "His papers were seen too long ago. He comes to a desk with them: `enrol` with a new key, then `rekey`.",
    ),
    "replacement.desk-lapsed": (
        "ໂຕະທີ່ກວດເອກະສານປິດແລ້ວ ຫຼື ຜູ້ກວດບໍ່ນັບແລ້ວ. ໃຫ້ມາໂຕະລົງທະບຽນພ້ອມເອກະສານ: enrol ດ້ວຍກະແຈໃໝ່ ແລ້ວ rekey.",
        "The desk that saw his papers is closed, or its officer counts no more. At another: `enrol`, then `rekey`.",
    ),
    "replacement.key-old": (
        "ກະແຈນີ້ໃຊ້ມາຄົບກຳນົດແລ້ວ. ສ້າງກະແຈໃໝ່ ແລ້ວໃຊ້ rekey --request.",
        "This key has been certified for as long as a key may be. Make a new one and use `rekey` with --request.",
    ),
    "replacement.papers-not-theirs": (
        "ເອກະສານທີ່ອ້າງ ບໍ່ແມ່ນຂອງຄຳຂໍກ່ອນໜ້າ. ໃຫ້ລົງທະບຽນໃໝ່.",
        "The papers that this request names are not those of the one before it. Enrol anew.",
    ),
    "issuance.stopped": (
        "ການອອກໃບຢັ້ງຢືນຖືກຢຸດໄວ້. ລຶບໄຟລ໌ stop-issuing ເມື່ອແກ້ບັນຫາແລ້ວ.",
        "Issuing is stopped. Remove the file stop-issuing from the home when the cause is gone.",
    ),
    "issuance.undone": (
        "ມີການຍົກເລີກ ຫຼື ປິດກັ້ນກ່ອນເຊັນ. ຄຳຂໍຈະຖືກກວດຄືນ; ຖ້າຖືກປິດ ໃຫ້ລົງທະບຽນໃໝ່.",
        "Something was revoked, blocked or ended before the signing. It is examined again; if it ended, enrol anew.",
    ),
    "issuance.crashed": (
        "ໂປຣແກຣມດັບກ່ອນເຊັນ. ຄຳຂໍຈະໄດ້ເລກໃໝ່ເອງ; ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "The signing room ended before it had signed. The request gets a new serial number by itself.",
    ),
    "issuance.other-room": (
        "ມີຫ້ອງເຊັນອີກແຫ່ງກຳລັງເຮັດວຽກ. ປິດອັນໜຶ່ງກ່ອນ.",
        "Another signing room is at work. Stop one of the two; nothing was signed twice.",
    ),
    "issuance.not-sealed": (
        "ບັນຊີຍັງບໍ່ໄດ້ຜະນຶກ. ເລີ່ມ ledger-seal ກ່ອນ.",
        "The log was not sealed in time, so nothing was signed. Start ledger-seal, then issue again.",
    ),
    "crl.none": (
        "ບໍ່ມີບັນຊີໃບຢັ້ງຢືນທີ່ຖືກຍົກເລີກ (CRL) ຊື່ນີ້. ໃຊ້ທີ່ຢູ່ທີ່ຂຽນໃນໃບຢັ້ງຢືນ.",
        "There is no CRL of this name. Take the address that the certificate names.",
    ),
    "crl.none-then": (
        "ບໍ່ມີ CRL ຊື່ນີ້ທີ່ໃຊ້ໄດ້ໃນເວລານັ້ນ. ກວດຊື່ ແລະ ວັນທີ (ໃຊ້ປີ ຄ.ສ.).",
        "No CRL of this name was in force then. Check the name and the date; years are Gregorian, not Buddhist.",
    ),
    "crl.as-of-malformed": (
        "as_of ຕ້ອງເປັນວັນທີ ເຊັ່ນ 2026-01-31 ຫຼື ເວລາ ເຊັ່ນ 2026-01-31T12:00:00Z.",
        "as_of must be a day such as 2026-01-31 or an instant such as 2026-01-31T12:00:00Z.",
    ),
    "crl.as-of-future": (
        "as_of ຢູ່ໃນອະນາຄົດ. ໃຊ້ມື້ນີ້ ຫຼື ມື້ກ່ອນໜ້ານີ້.",
        "as_of lies in the future, of which nothing is known. Take today or a day before.",
    ),
}
