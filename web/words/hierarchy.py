"""What the CA says about its issuers: requests to an outside root, roll-over, ends, leave. Lao, then English."""

WORDS = {
    "issuer.last-crl-stands": (
        "ຜູ້ອອກໃບຢັ້ງຢືນນີ້ປິດແລ້ວ ແລະ ບັນຊີຍົກເລີກສຸດທ້າຍອອກແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "This issuer has ended, and its last CRL, which holds for ever, is published. There is nothing to do.",
    ),
    "issuer.unknown": (
        "ບໍ່ມີຜູ້ອອກໃບຢັ້ງຢືນຊື່ນີ້. ເບິ່ງ issuer-list.",
        "There is no issuer of this name. Look at `issuer-list`.",
    ),
    "issuance.issuer-ended": (
        "ຜູ້ອອກໃບຢັ້ງຢືນນີ້ປິດແລ້ວ ບໍ່ອອກໃບໃໝ່. ໃຫ້ຈັດພິທີ rollover ແລ້ວລົງທະບຽນໃໝ່.",
        "This issuer has ended and certifies nobody any more. Hold `rollover` for its successor, then enrol again.",
    ),
    "issuance.no-issuer": (
        "ຕອນນີ້ບໍ່ມີຜູ້ອອກໃບຢັ້ງຢືນສຳລັບຄຳຂໍນີ້. ຄຳຂໍລໍຖ້າຢູ່; ໃຫ້ຈັດພິທີ rollover (ເບິ່ງ issuer-list).",
        "No generation of the issuer signs now. The request waits: hold `rollover`; `issuer-list` says what is due.",
    ),
    "issuance.key-not-here": (
        "ຫ້ອງເຊັນນີ້ບໍ່ມີກະແຈ: token ບໍ່ຢູ່ ຫຼື ລຸ້ນໃໝ່ມາຫຼັງເປີດຫ້ອງ. ຄຳຂໍລໍຖ້າຢູ່; ໃຫ້ໃສ່ token ຄືນ ຫຼື ເປີດຫ້ອງເຊັນຄືນໃໝ່.",
        "The issuer's key is not at hand, so the request waits: put its token back; if it is new, start `issue` again.",
    ),
    "authority.missing": (
        "ຍັງບໍ່ໄດ້ບັນທຶກອະນຸຍາດຂອງກະຊວງ. ຄຳຂໍລໍຖ້າຢູ່; ໃຫ້ໃຊ້ authority-record.",
        "No leave of the ministry is entered, so nothing is issued; requests wait. Use `authority-record`.",
    ),
    "authority.ended": (
        "ອະນຸຍາດຂອງກະຊວງໝົດອາຍຸແລ້ວ. ຄຳຂໍລໍຖ້າຢູ່; ບັນທຶກອະນຸຍາດໃໝ່ດ້ວຍ authority-record.",
        "The ministry's leave has ended, so nothing is issued; requests wait. Enter a new one: `authority-record`.",
    ),
    "authority.one-act": (
        "ອະນຸຍາດຂອງກະຊວງ ມີພະນັກງານ CA ບັນທຶກພຽງຄົນດຽວ. ໃຫ້ຄົນທີສອງບັນທຶກອັນດຽວກັນ (authority-record).",
        "Only one CA operator has entered the ministry's leave. Another enters the same: `authority-record`.",
    ),
    "authority.unproven": (
        "ຫ້ອງເຊັນກວດບໍ່ໄດ້ວ່າໃຜບັນທຶກອະນຸຍາດ. ຄຳຂໍລໍຖ້າຢູ່; ໃຫ້ຜູ້ປະຕິບັດງານ CA ສອງຄົນອື່ນບັນທຶກອັນດຽວກັນ (authority-record).",
        "No two CA operators provably entered the ministry's leave. Two others enter the same: `authority-record`.",
    ),
    "authority.unknown": (
        "ບໍ່ມີອະນຸຍາດເລກນີ້. ກວດເລກ.",
        "There is no leave of this number. Check the number.",
    ),
    "authority.not-yet": (
        "ອະນຸຍາດຂອງກະຊວງຍັງບໍ່ທັນເລີ່ມ. ຄຳຂໍລໍຖ້າຢູ່ຈົນຮອດວັນນັ້ນ.",
        "The ministry's leave has not begun, so nothing is issued; requests wait until that day.",
    ),
    "authority.known": (
        "ອະນຸຍາດເລກນີ້ ທ່ານບັນທຶກແລ້ວ ຫຼື ຜູ້ອອກ ຫຼື ວັນທີ ບໍ່ກົງກັນ. ທຽບກັບເອກະສານຂອງກະຊວງ.",
        "You entered this leave already, or it stands with another giver or other dates. Compare the ministry's paper.",
    ),
    "authority.dates": (
        "ວັນສິ້ນສຸດຢູ່ກ່ອນວັນເລີ່ມ. ກວດວັນທີຄືນ.",
        "The leave would end before it begins. Check the dates.",
    ),
    "closing.no-duty": (
        "ທ່ານບໍ່ມີໜ້າທີ່ເປັນຜູ້ປະຕິບັດງານ CA. ໃຫ້ຜູ້ປະຕິບັດງານ CA ສອງຄົນເຮັດ.",
        "Only a CA operator on duty may do this. Have two CA operators do it.",
    ),
    "closing.not-about-this": (
        "ລາຍເຊັນນີ້ບໍ່ແມ່ນຂອງສິ່ງທີ່ຂໍ. ເບິ່ງແຜນຄືນ ແລ້ວເຊັນໃໝ່.",
        "What was signed is not what is asked. Look at the plan again and sign anew.",
    ),
    "closing.twice": (
        "ທ່ານເຊັນແລ້ວ. ໃຫ້ຜູ້ປະຕິບັດງານ CA ຄົນອື່ນເຊັນຕື່ມ.",
        "You have acted already. Another CA operator must act too.",
    ),
    "closing.ended": (
        "ຜູ້ອອກໃບຢັ້ງຢືນນີ້ປິດແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງ.",
        "This issuer has ended already. Nothing more needs to be done.",
    ),
    "closing.root-not-terminated": (
        "ຮາກປິດດ້ວຍ terminate ບໍ່ໄດ້. ປິດຜູ້ອອກໃບຢັ້ງຢືນແຕ່ລະອັນກ່ອນ; ຖ້າກະແຈຮາກຮົ່ວ ໃຊ້ compromise root.",
        "A root is not ended this way. Terminate each issuer under it; if its key is lost, use `compromise`.",
    ),
    "import.unreadable": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນໃບຢັ້ງຢືນ. ຂໍໄຟລ໌ PEM ຫຼື DER ຈາກຮາກພາຍນອກໃໝ່.",
        "This is no certificate. Ask the outside root for the PEM or DER file again.",
    ),
    "import.key-other": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ແມ່ນຂອງກະແຈທີ່ເຮົາຂໍ. ສົ່ງຄຳຂໍຂອງ ceremony-request ຄືນ.",
        "This certificate is not for a key that we asked for. Send the request of `ceremony-request` again.",
    ),
    "import.key-family": (
        "ກະແຈໃນໃບຢັ້ງຢືນນີ້ບໍ່ກົງກັບຊື່: ຊື່ທີ່ລົງທ້າຍດ້ວຍ -pq ມີກະແຈ ML-DSA ແລະ ຊື່ອື່ນບໍ່ມີ. ຂໍໃໝ່ດ້ວຍກະແຈທີ່ກົງກັນ.",
        "Its key does not fit the name: one that ends in -pq has ML-DSA keys, and no other has. Ask with another key.",
    ),
    "import.name-other": (
        "ຊື່ໃນໃບຢັ້ງຢືນບໍ່ກົງກັບຄຳຂໍ. ໃຫ້ຮາກພາຍນອກອອກໃໝ່ດ້ວຍຊື່ໃນຄຳຂໍ.",
        "The name is not the one in the request. Have the outside root sign again with the request's name unchanged.",
    ),
    "import.identifier-other": (
        "subjectKeyIdentifier ບໍ່ແມ່ນອັນໃນຄຳຂໍ ໃບຢັ້ງຢືນທີ່ອອກແລ້ວຈະບໍ່ຕໍ່ກັນ. ຂໍໃໝ່ໃຫ້ຄັດລອກຈາກຄຳຂໍ.",
        "The subject key identifier is not the request's, so what is below would not chain. Ask to have it copied.",
    ),
    "import.authority-other": (
        "authorityKeyIdentifier ຫຼື subjectKeyIdentifier ບໍ່ມີ ຫຼື ບໍ່ແມ່ນຂອງ CA ທີ່ເຊັນ: ໂປຣແກຣມຈະຫາຜູ້ອອກບໍ່ພົບ. ຂໍໃໝ່ໃຫ້ຖືກ.",
        "The key identifier of a CA or of who signed it is missing or wrong, so nobody finds the issuer. Ask anew.",
    ),
    "import.not-ca": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ອະນຸຍາດໃຫ້ອອກໃບຢັ້ງຢືນ ແລະ CRL. ຂໍໃໝ່ດ້ວຍ CA, keyCertSign ແລະ cRLSign.",
        "This is not a CA certificate. Ask for one with basicConstraints CA, keyCertSign and cRLSign.",
    ),
    "import.path-too-short": (
        "pathLenConstraint ສັ້ນເກີນໄປສຳລັບ CA ທີ່ຢູ່ລຸ່ມ. ຂໍໃໝ່ຕາມຄຳຂໍ.",
        "The path length leaves no room for the CAs below. Ask for the length in the request, here and above.",
    ),
    "import.weak": (
        "ກະແຈ ຫຼື ລາຍເຊັນຂອງຮາກພາຍນອກອ່ອນກວ່າຂອງເຮົາ. ຂໍ RSA 3072 ບິດຂຶ້ນໄປ ຫຼື P-256 (ຂອງຊື່ -pq: ML-DSA), ກັບ SHA-256 ຂຶ້ນໄປ.",
        "A key or signature is weaker than ours. Ask for RSA from 3072 bits or P-256 (with -pq: ML-DSA), and SHA-256.",
    ),
    "import.key-blocked": (
        "ກະແຈນີ້ຖືກບລັອກຕະຫຼອດໄປ. ສ້າງກະແຈໃໝ່ ແລ້ວຂໍໃໝ່.",
        "This key is blocked for ever. Make another, and ask again with `ceremony-request`.",
    ),
    "import.path-too-long": (
        "pathLenConstraint ບໍ່ມີ ຫຼື ຍາວກວ່າທີ່ຂໍ: CA ນີ້ຈະມີອຳນາດເກີນ. ຂໍໃໝ່ຕາມຄຳຂໍ.",
        "The path length is missing or larger than asked for, which gives this CA more power than it needs. Ask again.",
    ),
    "import.usage-other": (
        "keyUsage ບໍ່ແມ່ນ keyCertSign ກັບ cRLSign ເທົ່ານັ້ນ. ຂໍໃໝ່ຕາມຄຳຂໍ.",
        "The key usages are not keyCertSign and cRLSign alone. Ask for those of the request.",
    ),
    "import.unconfined": (
        "nameConstraints ບໍ່ມີ ຫຼື ອະນຸຍາດກວ້າງກວ່າທີ່ຂໍໄວ້. ຂໍໃໝ່ໃຫ້ຄັດລອກຈາກຄຳຂໍ.",
        "The name constraints are missing, or permit more than the request asks for. Ask to have them copied from it.",
    ),
    "import.not-critical": (
        "basicConstraints ແລະ nameConstraints ຕ້ອງເປັນ critical. ຂໍໃໝ່.",
        "basicConstraints and nameConstraints must be critical (RFC 5280). Ask for them so.",
    ),
    "import.names-not-covered": (
        "nameConstraints ຢູ່ນີ້ ຫຼື ຂ້າງເທິງ ບໍ່ອະນຸຍາດຊື່ຂອງລັດ (gov.la). ຂໍໃໝ່ໃຫ້ກວມເອົາຊື່ໃນຄຳຂໍ.",
        "Name constraints, here or above, do not permit the state's names (gov.la). Ask for those in the request.",
    ),
    "import.purposes-not-covered": (
        "extendedKeyUsage ຢູ່ນີ້ ຫຼື ຂ້າງເທິງ ບໍ່ກວມຈຸດປະສົງຂອງໃບຢັ້ງຢືນທີ່ເຮົາອອກ. ຂໍໃໝ່ໂດຍບໍ່ມີ.",
        "Extended key usages, here or above, leave out purposes of what this CA certifies. Ask for none.",
    ),
    "import.policies-not-covered": (
        "certificatePolicies ຢູ່ນີ້ ຫຼື ຂ້າງເທິງ ບໍ່ມີນະໂຍບາຍຂອງເຮົາ. ຂໍ anyPolicy.",
        "Certificate policies, here or above, are not ours. Ask for anyPolicy.",
    ),
    "import.outlives": (
        "CA ທີ່ຢູ່ຂ້າງເທິງໝົດອາຍຸກ່ອນໃບຢັ້ງຢືນທີ່ຢູ່ລຸ່ມ. ຂໍໃບທີ່ສັ້ນກວ່າ.",
        "A CA above ends before what it certified, which would be worthless then. Ask for one that ends before it.",
    ),
    "import.not-yet-valid": (
        "ໃບຢັ້ງຢືນຍັງບໍ່ທັນເລີ່ມໃຊ້ໄດ້. ກວດໂມງ ຫຼື ລໍຖ້າ.",
        "A certificate is not valid yet. Check the clock, or wait for its first day and import it then.",
    ),
    "import.expired": (
        "ໃບຢັ້ງຢືນໝົດອາຍຸແລ້ວ ຫຼື ຈະໝົດໃນມື້ດຽວ. ຂໍໃໝ່.",
        "A certificate has expired, or ends within a day. Ask the outside root for a new one.",
    ),
    "import.chain-broken": (
        "ລາຍເຊັນບໍ່ນຳໄປເຖິງຮາກພາຍນອກ. ເພີ່ມໃບຢັ້ງຢືນທີ່ຢູ່ລະຫວ່າງກາງດ້ວຍ --chain.",
        "The signatures do not lead up to the outside root. Give each certificate in between with `--chain`.",
    ),
    "import.other-root": (
        "ຮາກພາຍນອກບໍ່ແມ່ນອັນທີ່ຄຳຂໍລະບຸ. ກວດລາຍນິ້ວມື; ຖ້າປ່ຽນຮາກ ໃຫ້ສ້າງຄຳຂໍໃໝ່.",
        "The outside root is not the one that the request was made for. Compare fingerprints; for another, ask anew.",
    ),
    "import.constrained": (
        "ໃບຢັ້ງຢືນມີຂໍ້ກຳນົດ critical ທີ່ເຮົາບໍ່ຮູ້ຈັກ. ຂໍໃໝ່ໂດຍບໍ່ມີຂໍ້ນັ້ນ.",
        "A certificate carries a critical extension that is not known here. Ask for one without it.",
    ),
    "cross.malformed": (
        "ໄຟລ໌ນີ້ບໍ່ແມ່ນໃບຢັ້ງຢືນ CA ຫຼື ຄຳຂໍ PKCS#10. ຂໍໄຟລ໌ໃໝ່.",
        "This is neither a CA certificate nor a PKCS#10 request. Ask for the file again.",
    ),
    "cross.possession": (
        "ລາຍເຊັນບໍ່ແມ່ນຂອງກະແຈໃນໄຟລ໌. ໃຫ້ CA ອື່ນສ້າງໄຟລ໌ໃໝ່ດ້ວຍກະແຈຂອງຕົນ.",
        "The file is not signed by the key that it names. Have the other CA make it again with its own key.",
    ),
    "cross.ended": (
        "ໃບຢັ້ງຢືນຮາກຂອງ CA ອື່ນໝົດອາຍຸແລ້ວ. ຂໍຮາກລຸ້ນໃໝ່ຂອງຕົນ.",
        "The other CA's own root is past its end. Ask it for its next root.",
    ),
    "cross.weak": (
        "ກະແຈຂອງ CA ອື່ນອ່ອນເກີນໄປ. ຂໍກະແຈ P-256, P-384 ຫຼື RSA 3072 ບິດຂຶ້ນໄປ.",
        "The other CA's key is too weak. It needs P-256, P-384, or RSA from 3072 bits.",
    ),
    "cross.key-used": (
        "ກະແຈນີ້ເປັນຂອງຜູ້ອື່ນແລ້ວ ຫຼື ຖືກປິດກັ້ນ. ກວດໄຟລ໌ຄືນ.",
        "This key belongs to somebody else here, or is blocked. Check the file.",
    ),
    "cross.own-name": (
        "ຊື່ນີ້ເປັນຊື່ CA ຂອງເຮົາ ແຕ່ກະແຈບໍ່ກົງ. ຢ່າເຊັນ; ກວດທີ່ມາຂອງໄຟລ໌.",
        "The name is a CA of ours, but the key is not. Do not sign it; find out where the file comes from.",
    ),
    "archive.incomplete": (
        "ແຟ້ມເອກະສານບໍ່ຄົບ ຫຼື ຖືກປ່ຽນ. ໃຊ້ສຳເນົາອື່ນ ຫຼື ສ້າງໃໝ່ດ້ວຍ terminate.",
        "The archive is not whole or was changed. Take another copy of it, or write it again with `terminate`.",
    ),
    "archive.keys-missing": (
        "ບໍ່ມີກະແຈຂອງບັນຊີ. ໃຫ້ລະບຸດ້ວຍ --key.",
        "There is no verifier key of the log. Give it with --key; it is published with the checkpoints.",
    ),
}
