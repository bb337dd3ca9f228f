"""What ACME's clients, and through them their admins, are told: Lao, then English; each says what to do."""

WORDS = {
    "acme.malformed": (
        "ຄຳຂໍນີ້ບໍ່ຖືກຮູບແບບຂອງ ACME (RFC 8555). ກວດໂປຣແກຣມລູກຂ່າຍ ຫຼື ອັບເດດມັນ.",
        "This message is not as ACME (RFC 8555) has it. Check the client program, or update it.",
    ),
    "acme.media-type": (
        "ຄຳຂໍຕ້ອງເປັນ application/jose+json. ກວດໂປຣແກຣມລູກຂ່າຍ.",
        "The message must be application/jose+json. Check the client program.",
    ),
    "acme.not-found": (
        "ບໍ່ພົບສິ່ງທີ່ຖາມ. ເລີ່ມໃໝ່ຈາກ directory.",
        "There is nothing of this address. Begin again from the directory.",
    ),
    "acme.algorithm": (
        "ບໍ່ຮັບວິທີເຊັນນີ້. ໃຊ້ ES256, ES384, RS256 ຫຼື EdDSA.",
        "This signature algorithm is not taken. Use ES256, ES384, RS256 or EdDSA.",
    ),
    "acme.key-unfit": (
        "ກະແຈຂອງບັນຊີໃຊ້ບໍ່ໄດ້. ໃຊ້ P-256, P-384, Ed25519 ຫຼື RSA ຢ່າງໜ້ອຍ 2048 ບິດ.",
        "The account's key cannot be used. Take P-256, P-384, Ed25519, or RSA of at least 2048 bits.",
    ),
    "acme.url": (
        "ທີ່ຢູ່ໃນຄຳຂໍບໍ່ກົງກັບທີ່ຢູ່ທີ່ສົ່ງມາ. ເລີ່ມໃໝ່ຈາກ directory.",
        "The address in the message is not the one that it was sent to. Begin again from the directory.",
    ),
    "acme.signature": (
        "ລາຍເຊັນຂອງຄຳຂໍບໍ່ຖືກຕ້ອງ. ກວດກະແຈຂອງບັນຊີ.",
        "The message's signature does not verify. Check the account's key.",
    ),
    "acme.nonce": (
        "nonce ນີ້ໃຊ້ແລ້ວ ຫຼື ໝົດອາຍຸ. ລອງໃໝ່ດ້ວຍ nonce ໃໝ່ໃນຄຳຕອບນີ້.",
        "This nonce was used or is too old. Try again with the one in this answer.",
    ),
    "acme.account-unknown": (
        "ບໍ່ມີບັນຊີນີ້. ສ້າງບັນຊີດ້ວຍລະຫັດ EAB ກ່ອນ.",
        "There is no such account. Make one first, with the key of the external account binding.",
    ),
    "acme.account-ended": (
        "ບັນຊີນີ້ສິ້ນສຸດແລ້ວ ຫຼື ການອະນຸຍາດຂອງມັນສິ້ນສຸດ. ຂໍລະຫັດ EAB ໃໝ່ຢູ່ໂຕະລົງທະບຽນ.",
        "This account has ended, or what allowed it has. Ask the registration desk for a new external account binding.",
    ),
    "acme.unauthorized": (
        "ສິ່ງນີ້ບໍ່ແມ່ນຂອງບັນຊີນີ້. ໃຊ້ບັນຊີທີ່ໄດ້ຂໍມັນ.",
        "This is not the account's. Use the account that asked for it.",
    ),
    "acme.binding-needed": (
        "ຕ້ອງມີ EAB. ຂໍ kid ແລະ ກະແຈ HMAC ຢູ່ໂຕະລົງທະບຽນ (allowance-secret).",
        "An external account binding is needed. Ask the registration desk for its key identifier and HMAC key.",
    ),
    "acme.binding-wrong": (
        "EAB ບໍ່ຖືກຕ້ອງ ຫຼື ໝົດອາຍຸ. ກວດ kid ແລະ ກະແຈ HMAC ຫຼື ຂໍໃໝ່.",
        "The external account binding does not hold, or is over. Check identifier and HMAC key, or ask for new ones.",
    ),
    "acme.contact-unsupported": (
        "ທີ່ຢູ່ຕິດຕໍ່ຕ້ອງເປັນ mailto:. ແກ້ແລ້ວລອງໃໝ່.",
        "A contact must be a mailto: address. Correct it, or leave it out.",
    ),
    "acme.contact-invalid": (
        "ອີເມວຕິດຕໍ່ອ່ານບໍ່ໄດ້. ແກ້ແລ້ວລອງໃໝ່.",
        "A contact's mail address cannot be read. Correct it, or leave it out.",
    ),
    "acme.terms-not-agreed": (
        "ຕ້ອງຍອມຮັບເງື່ອນໄຂກ່ອນ. ອ່ານມັນ ແລ້ວສ້າງບັນຊີພ້ອມຄຳຍອມຮັບ.",
        "The terms must be agreed to. Read them, then make the account with your agreement.",
    ),
    "acme.terms-changed": (
        "ເງື່ອນໄຂປ່ຽນແລ້ວ. ອ່ານມັນ ແລ້ວຍອມຮັບດ້ວຍການອັບເດດບັນຊີ.",
        "The terms have changed. Read them, then agree to them by updating the account.",
    ),
    "acme.key-taken": (
        "ກະແຈນີ້ເປັນ ຫຼື ເຄີຍເປັນຂອງບັນຊີໜຶ່ງແລ້ວ. ສ້າງກະແຈໃໝ່.",
        "This key is or was an account's already. Make a new one.",
    ),
    "acme.identifier-unsupported": (
        "ຂໍໄດ້ແຕ່ຊື່ເຄື່ອງ (dns). ແກ້ຄຳຂໍ.",
        "Only host names (dns) can be asked for. Correct the order.",
    ),
    "acme.name-refused": (
        "ຊື່ນີ້ບໍ່ຢູ່ໃນສິ່ງທີ່ອົງການຂອງບັນຊີໄດ້ຮັບອະນຸຍາດ. ຂໍຊື່ອື່ນ ຫຼື ຂໍອະນຸຍາດຢູ່ໂຕະລົງທະບຽນ.",
        "This name is not within what the account's organisation was allowed. Ask for others, or have it allowed.",
    ),
    "acme.too-many-names": (
        "ຊື່ໃນຄຳສັ່ງດຽວຫຼາຍເກີນໄປ. ແບ່ງເປັນຫຼາຍຄຳສັ່ງ.",
        "There are too many names in one order. Make several orders.",
    ),
    "acme.dates": (
        "ກຳນົດວັນທີເອງບໍ່ໄດ້. ເອົາ notBefore ແລະ notAfter ອອກ.",
        "Dates cannot be asked for. Leave notBefore and notAfter out.",
    ),
    "acme.rate-accounts": (
        "ການອະນຸຍາດນີ້ມີບັນຊີຄົບແລ້ວ. ໃຊ້ບັນຊີທີ່ມີ ຫຼື ປິດບັນຊີເກົ່າ.",
        "This allowance has all the accounts that it may have. Use one of them, or deactivate one.",
    ),
    "acme.rate-orders": (
        "ຄຳສັ່ງຫຼາຍເກີນໄປໃນຊົ່ວໂມງນີ້. ລອງໃໝ່ຕາມ Retry-After.",
        "The account placed too many orders within the hour. Try again after what Retry-After says.",
    ),
    "acme.rate-failures": (
        "ການກວດຊື່ນີ້ຜິດຫຼາຍເທື່ອ. ແກ້ສາເຫດ ແລ້ວລອງໃໝ່ຕາມ Retry-After.",
        "Validation of this name failed too often within the hour. Mend its cause, then try again after Retry-After.",
    ),
    "acme.rate-same-names": (
        "ຊື່ຊຸດນີ້ໄດ້ໃບຢັ້ງຢືນຫຼາຍແລ້ວໃນອາທິດນີ້. ໃຊ້ໃບທີ່ມີ.",
        "These very names have had enough certificates this week. Use what was issued.",
    ),
    "acme.rate-source": (
        "ຄຳຂໍຈາກທີ່ຢູ່ນີ້ຫຼາຍເກີນໄປ. ລໍຖ້າໜຶ່ງນາທີ.",
        "Too many messages came from this address. Wait a minute.",
    ),
    "acme.replaces-unknown": (
        "ໃບຢັ້ງຢືນທີ່ຈະແທນບໍ່ແມ່ນຂອງການອະນຸຍາດນີ້ ຫຼື ບໍ່ມີຊື່ຮ່ວມກັນ. ສັ່ງໂດຍບໍ່ມີ replaces.",
        "The certificate to be replaced is not this allowance's, or shares no name. Order without `replaces`.",
    ),
    "acme.already-replaced": (
        "ໃບຢັ້ງຢືນນີ້ມີຄຳສັ່ງອື່ນແທນແລ້ວ. ສັ່ງໂດຍບໍ່ມີ replaces.",
        "Another order replaces this certificate already. Order without `replaces`.",
    ),
    "acme.order-not-ready": (
        "ຄຳສັ່ງຍັງບໍ່ພ້ອມ ຫຼື ສິ້ນສຸດແລ້ວ. ເບິ່ງສະຖານະຂອງມັນ.",
        "The order is not ready, or over. Look at its status.",
    ),
    "acme.csr": (
        "PKCS#10 ອ່ານບໍ່ໄດ້. ສົ່ງ DER ເປັນ base64url.",
        "The PKCS#10 cannot be read. Send DER as base64url.",
    ),
    "acme.csr-names": (
        "ຊື່ໃນ PKCS#10 ບໍ່ກົງກັບຄຳສັ່ງ. ສ້າງມັນໃໝ່ດ້ວຍຊື່ຂອງຄຳສັ່ງ.",
        "The names in the PKCS#10 are not the order's. Make it again with just these.",
    ),
    "acme.csr-account-key": (
        "ກະແຈຂອງບັນຊີໃຊ້ກັບໃບຢັ້ງຢືນບໍ່ໄດ້. ສ້າງກະແຈອື່ນ.",
        "The account's own key cannot be certified. Make another one.",
    ),
    "acme.certificate-unknown": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້ອອກໃຫ້ເຄື່ອງໃດຢູ່ນີ້. ກວດໄຟລ໌.",
        "This certificate was issued to no machine here. Check the file.",
    ),
    "acme.already-revoked": (
        "ໃບຢັ້ງຢືນນີ້ຖືກຍົກເລີກແລ້ວ. ບໍ່ຕ້ອງເຮັດຫຍັງອີກ.",
        "This certificate was revoked already. Nothing more is to be done.",
    ),
    "acme.reason": (
        "ບໍ່ຮັບເຫດຜົນນີ້. ໃຊ້ 0, 1, 3, 4 ຫຼື 5.",
        "This reason is not taken. Use 0, 1, 3, 4 or 5.",
    ),
    "acme.seen-dns": (
        "ຊອກຊື່ໃນ DNS ບໍ່ໄດ້. ກວດເຂດ DNS ແລ້ວລອງໃໝ່.",
        "The name's zone did not answer, or has no such record. Check the DNS, then order again.",
    ),
    "acme.seen-connection": (
        "ເຊື່ອມຕໍ່ຫາເຄື່ອງບໍ່ໄດ້. ກວດໄຟວອລ ແລະ ພອດ 80 ຫຼື 443.",
        "The host could not be reached. Check firewall and port (80 for http-01, 443 for tls-alpn-01).",
    ),
    "acme.seen-tls": (
        "TLS ກັບເຄື່ອງບໍ່ສຳເລັດ. ກວດວ່າລູກຂ່າຍຕອບ acme-tls/1 ຢູ່ພອດ 443.",
        "TLS with the host failed. Check that the client answers acme-tls/1 at port 443.",
    ),
    "acme.seen-wrong": (
        "ຄຳຕອບຂອງເຄື່ອງບໍ່ຖືກຕ້ອງ. ກວດວ່າລູກຂ່າຍໃດຕອບຢູ່ນັ້ນ.",
        "The host's answer is not the one for this challenge. Check which client answers there.",
    ),
    "acme.seen-nothing": (
        "ບໍ່ພົບຄຳຕອບຢູ່ເຄື່ອງ ຫຼື ໃນເຂດ DNS. ກວດວ່າມັນຢູ່ບ່ອນນັ້ນ ແລ້ວລອງໃໝ່.",
        "There was no answer for this challenge at the host or in the zone. Put it in place, then order again.",
    ),
    "acme.seen-caa": (
        "ບັນທຶກ CAA ບໍ່ອະນຸຍາດໃຫ້ເຮົາອອກ. ໃຫ້ເຈົ້າຂອງເຂດເພີ່ມຊື່ຂອງເຮົາ.",
        "A CAA record does not let us issue. Have the zone's owner add the name in caaIdentities of the directory.",
    ),
    "acme.unproven": (
        "ລາຍເຊັນທີ່ເກັບໄວ້ບໍ່ພິສູດຄຳຂໍນີ້. ສັ່ງໃໝ່ ແລະ ແຈ້ງຜູ້ກວດສອບ.",
        "What was kept of the client's signatures does not prove this request. Order again, and tell the auditor.",
    ),
    "acme.validation-old": (
        "ການກວດຊື່ເກົ່າເກີນໄປ. ສັ່ງໃໝ່.",
        "The names were validated too long ago. Order again.",
    ),
}
