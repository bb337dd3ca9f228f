"""Why a ceremony stops, for those who hold it: Lao, then English. What exactly is wrong is said after it."""

WORDS = {
    "ceremony.failed": (
        "ພິທີຢຸດຢູ່ຂັ້ນຕອນນີ້. ແກ້ຕາມທີ່ບອກໄວ້ ແລ້ວແລ່ນ ceremony-run ຄືນໃໝ່: ຂັ້ນຕອນທີ່ເຮັດແລ້ວຈະບໍ່ເຮັດຊ້ຳ.",
        "The ceremony stops at this step. Put right what is said, then run ceremony-run again: no step is done twice.",
    ),
    "ceremony.approval-invalid": (
        "ການອະນຸມັດຍັງບໍ່ພໍ ຫຼື ໃຊ້ບໍ່ໄດ້. ໃຫ້ຜູ້ປະຕິບັດອະນຸມັດແຜນນີ້ດ້ວຍກະແຈຂອງຕົນ (ceremony-approve).",
        "The approvals do not suffice. Have operators approve this very plan with their own keys (ceremony-approve).",
    ),
    "ceremony.approval-lapsed": (
        "ການອະນຸມັດໝົດອາຍຸແລ້ວ ຫຼື ວັນເວລາຢູ່ໃນອະນາຄົດ. ກວດໂມງຂອງເຄື່ອງ ແລ້ວໃຫ້ຜູ້ປະຕິບັດອະນຸມັດຄືນໃໝ່ (ceremony-approve).",
        "An approval has lapsed, or is of the future. Look at the machine's clock, and have him approve again.",
    ),
    "ceremony.operators-unknown": (
        "ຜູ້ອະນຸມັດທີ່ເຄີຍເປັນຜູ້ປະຕິບັດໃນພິທີກ່ອນຂອງການຕິດຕັ້ງນີ້ຍັງບໍ່ພໍ. ໃຫ້ຜູ້ປະຕິບັດເກົ່າອະນຸມັດ ຫຼື ຂຽນ successors ໃນແຜນ.",
        "Too few who approved held an earlier ceremony here. Have those approve, or write successors into the plan.",
    ),
    "ceremony.plan-unfit": (
        "ແຜນນີ້ຈັດພິທີບໍ່ໄດ້. ແກ້ແຜນຕາມທີ່ບອກໄວ້ ແລ້ວໃຫ້ອະນຸມັດຄືນໃໝ່.",
        "The plan cannot be held as it is. Correct what is named, and have it approved anew.",
    ),
    "ceremony.by-plan": (
        "ໃນການໃຊ້ງານຈິງ ຄົນດຽວຈັດພິທີບໍ່ໄດ້. ຂຽນແຜນ ແລ້ວເລີ່ມດ້ວຍ ceremony-plan.",
        "Production has no ceremony of one person. Write a plan, and begin with ceremony-plan.",
    ),
    "ceremony.issuer-ended": (
        "ຜູ້ອອກໃບຢັ້ງຢືນນີ້ສິ້ນສຸດແລ້ວ ຈຶ່ງເຊັນໃຫ້ໃຜບໍ່ໄດ້ອີກ. ສ້າງລຸ້ນໃໝ່ດ້ວຍຂັ້ນຕອນ rollover.",
        "This issuer has ended and certifies nobody any more. Make its next generation with a step rollover.",
    ),
    "ceremony.issuer-unknown": (
        "ຍັງບໍ່ມີຜູ້ອອກໃບຢັ້ງຢືນຊື່ນີ້. ເບິ່ງ issuer-list ຫຼື ຈັດພິທີສ້າງກ່ອນ.",
        "There is no issuer of this name yet. Look at issuer-list, or hold the ceremony that makes it first.",
    ),
    "ceremony.key-blocked": (
        "ກະແຈນີ້ຖືກປິດກັ້ນຕະຫຼອດໄປ. ສ້າງກະແຈອື່ນ ແລ້ວເຮັດຄືນໃໝ່.",
        "This key is blocked for ever. Make another, then do it again.",
    ),
    "ceremony.key-family": (
        "ຊື່ທີ່ລົງທ້າຍດ້ວຍ -pq ຕ້ອງມີກະແຈ ML-DSA ແລະ ຊື່ອື່ນຕ້ອງມີກະແຈຊະນິດອື່ນ. ເລືອກ algorithm ຫຼື ຊື່ທີ່ກົງກັນ.",
        "A name that ends in -pq has ML-DSA keys, and any other has none. Choose an algorithm or a name that fits.",
    ),
    "ceremony.key-lost": (
        "ບໍ່ມີກະແຈຂອງຜູ້ອອກໃບຢັ້ງຢືນນີ້ຢູ່ທີ່ນີ້ ແລະ ຈະບໍ່ສ້າງອັນອື່ນແທນ. ເອົາກະແຈມາ; ຖ້າເສຍໄປແລ້ວ ໃຫ້ແລ່ນ compromise ກ່ອນ ແລ້ວຈັດພິທີ rollover.",
        "This issuer's key is not there, and no other is made for it. Bring it; if lost: compromise, then rollover.",
    ),
    "ceremony.key-unfit": (
        "ກະແຈທີ່ຢູ່ນີ້ໃຊ້ບໍ່ໄດ້: ບໍ່ແມ່ນຊະນິດທີ່ຕົກລົງ, ເປັນຂອງຊື່ອື່ນ ຫຼື ຖືກເລີກໃຊ້ແລ້ວ. ໃຫ້ທີ່ຢູ່ຂອງກະແຈອື່ນ (where).",
        "The key there is of another kind, another's, or given up. Give the URI of another one (where).",
    ),
    "ceremony.key-weaker": (
        "ກະແຈຊະນິດນີ້ອ່ອນກວ່າກະແຈຂອງລຸ້ນກ່ອນ. ເລືອກຊະນິດທີ່ແຂງແຮງເທົ່າກັນ ຫຼື ກວ່າ (algorithm, rsa_bits).",
        "A key of this kind is weaker than that of the generation before. Choose one that is as strong, or stronger.",
    ),
    "ceremony.last-words-first": (
        "ກະແຈນີ້ຍັງຕ້ອງເຊັນຄຳສຸດທ້າຍ. ເຮັດຂັ້ນຕອນທີ່ບອກໄວ້ກ່ອນ ແລ້ວຈຶ່ງທຳລາຍກະແຈ.",
        "This key still has last words to sign. Do what is said first, then destroy the key.",
    ),
    "ceremony.meanwhile": (
        "ມີຄົນອື່ນເຮັດພິທີນີ້ຢູ່ພ້ອມກັນ. ໃຫ້ຄົນດຽວເຮັດຕໍ່ ແລ້ວແລ່ນຄືນໃໝ່.",
        "Somebody else does the same at this moment. Let one of you go on, and run it again.",
    ),
    "ceremony.not-a-ca": (
        "ຊື່ນີ້ບໍ່ແມ່ນຊື່ຂອງຜູ້ອອກໃບຢັ້ງຢືນຂອງພວກເຮົາ. ໃຊ້ຊື່ໜຶ່ງທີ່ບອກໄວ້.",
        "No CA of ours has this name. Take one of those that are named.",
    ),
    "ceremony.not-his-key": (
        "ກະແຈນີ້ບໍ່ແມ່ນກະແຈທີ່ແຜນລະບຸໃຫ້ຜູ້ປະຕິບັດຄົນນີ້. ໃຊ້ກະແຈຂອງຕົນເອງ.",
        "This is not the key that the plan names for this operator. Use his own.",
    ),
    "ceremony.not-there": (
        "ຄົນນີ້ບໍ່ໄດ້ອະນຸມັດພິທີນີ້ ຈຶ່ງບໍ່ມີຫຍັງຈະເຊັນ. ໃຫ້ຜູ້ທີ່ອະນຸມັດໄວ້ເປັນຜູ້ເຊັນ.",
        "This person did not approve the ceremony, so has nothing to sign. Those who approved sign.",
    ),
    "ceremony.no-address": (
        "ບໍ່ມີທີ່ຢູ່ຂອງ ca ແລະ ocsp ສຳລັບໃຊ້ງານຈິງ. ຂຽນໃສ່ແຟ້ມ addresses ຂອງການຕິດຕັ້ງກ່ອນ, ເພາະທີ່ຢູ່ນັ້ນຢູ່ໃນທຸກໃບຢັ້ງຢືນ.",
        "For production the addresses of ca and ocsp are missing. Write them into the home's file `addresses` first.",
    ),
    "ceremony.duty-ended": (
        "ຄົນນີ້ບໍ່ແມ່ນເຈົ້າໜ້າທີ່ລົງທະບຽນແລ້ວ. ສອງຄົນຕົກລົງກັນໃຫ້ໜ້າທີ່ຄືນກ່ອນ (duty.grant).",
        "This person is no registration officer any more. Two persons grant the duty first (the change duty.grant).",
    ),
    "ceremony.key-used": (
        "ກະແຈນີ້ຖືກລົງທະບຽນໄວ້ແລ້ວ. ໃຫ້ລາວສ້າງກະແຈໃໝ່ ແລະ PKCS#10 ໃໝ່ ແລ້ວໃຫ້ອະນຸມັດແຜນຄືນ.",
        "This key was taken up before. He makes a new key and a new PKCS#10, and the plan is approved anew.",
    ),
    "ceremony.other-mode": (
        "ການຕິດຕັ້ງນີ້ມີຮູບແບບອື່ນ (ຝຶກຊ້ອມ ຫຼື ໃຊ້ງານຈິງ) ແລະ ປ່ຽນບໍ່ໄດ້. ໃຊ້ການຕິດຕັ້ງອື່ນ.",
        "This home is of the other mode (practice or production), for good. Take another home.",
    ),
    "ceremony.otherwise": (
        "ສິ່ງທີ່ເກີດຂຶ້ນບໍ່ກົງກັບແຜນ. ຢຸດ, ກວດຂັ້ນຕອນທີ່ບອກໄວ້ ແລະ ບັນທຶກຂອງພິທີ ກ່ອນເຮັດຕໍ່.",
        "What came out is not what was planned. Stop, and look at that step and the transcript before going on.",
    ),
    "ceremony.outside-unfit": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນໃບຢັ້ງຢືນຂອງຮາກພາຍນອກ. ຂໍໃບຢັ້ງຢືນທີ່ຮາກເຊັນຕົນເອງ.",
        "This file is not an outside root's certificate. Ask for the one that the root signed itself.",
    ),
    "ceremony.person-unknown": (
        "ບໍ່ມີຄົນນີ້ໃນທະບຽນ. ນຳພະນັກງານຂອງສູນເຂົ້າທະບຽນກ່ອນ (register-plan, register-apply).",
        "This person is not in the register. Bring the centre's own staff in first (register-plan, register-apply).",
    ),
    "ceremony.plan-differs": (
        "ແຜນບໍ່ກົງກັບສິ່ງທີ່ມີຢູ່. ແກ້ແຜນຕາມທີ່ບອກໄວ້ ແລ້ວໃຫ້ອະນຸມັດຄືນໃໝ່.",
        "The plan does not fit what is there. Correct what is named, and have it approved anew.",
    ),
    "ceremony.profile-broken": (
        "ໃບຢັ້ງຢືນນີ້ຜິດຮູບແບບຂອງມັນ ຈຶ່ງບໍ່ໄດ້ເຊັນ. ກວດຊື່ທີ່ໃຫ້ໄວ້.",
        "The certificate would break its profile, so nothing was signed. Look at the names that were given.",
    ),
    "ceremony.request-missing": (
        "ແຜນບໍ່ມີຄຳຂໍຂອງຄົນນີ້. ໃຫ້ລາວສ້າງ PKCS#10 ດ້ວຍກະແຈຂອງຕົນ ແລ້ວເພີ່ມ request_file.",
        "The plan has no request of this person. He makes a PKCS#10 with his own key; add it as request_file.",
    ),
    "ceremony.still-live": (
        "ຍັງມີໃບຢັ້ງຢືນທີ່ໃຊ້ໄດ້ຢູ່ລຸ່ມຮາກນີ້. ຖອນ ຫຼື ລໍຖ້າຈົນໝົດອາຍຸ ແລ້ວແລ່ນຄືນໃໝ່.",
        "Certificates under this root still live. Revoke them or wait until they have ended, then run it again.",
    ),
    "ceremony.unfinished": (
        "ພິທີນີ້ຍັງບໍ່ຈົບ. ແລ່ນ ceremony-run ກ່ອນ.",
        "The ceremony is not at its end. Run ceremony-run first.",
    ),
    "home.addresses": (
        "ແຟ້ມ addresses ຂອງການຕິດຕັ້ງນີ້ບໍ່ຖືກຕ້ອງ. ແກ້ແຖວທີ່ບອກໄວ້ຂ້າງລຸ່ມ.",
        "The file `addresses` of this home is not right. Correct the line that is named below.",
    ),
    "home.base-port": (
        "ການຕິດຕັ້ງນີ້ຍັງບໍ່ມີແຟ້ມ base-port. ຂຽນເລກພອດທຳອິດໃສ່ແຟ້ມນັ້ນກ່ອນ.",
        "This home has no port in its file `base-port` yet. Write its first port into it.",
    ),
    "home.no-ceremony": (
        "ການຕິດຕັ້ງນີ້ຍັງບໍ່ມີພິທີ. ກວດ LAOTRUST_HOME ຫຼື ຈັດພິທີທຳອິດກ່ອນ.",
        "This home has no ceremony yet. Look at LAOTRUST_HOME, or hold the first ceremony.",
    ),
    "home.settings": (
        "ການຕັ້ງຄ່າບໍ່ຖືກຕ້ອງ. ແກ້ທຸກຂໍ້ທີ່ບອກໄວ້ຂ້າງລຸ່ມ ແລ້ວເລີ່ມໃໝ່.",
        "The settings do not hold. Correct each that is named below, then start again.",
    ),
}
