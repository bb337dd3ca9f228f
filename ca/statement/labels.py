"""What the words of our tables are called in the statements: Lao, then English. A word without one is its own label."""

from ca.endings.grounds import GROUNDS

LABELS: dict[str, tuple[str, str]] = {
    **{
        ground.code: (
            f"{ground.code} ({ground.lao}): {ground.reason}", f"{ground.code} ({ground.english}): {ground.reason}"
        )
        for ground in GROUNDS
    },
    "help-desk": ("ໂຕະຊ່ວຍເຫຼືອ", "help desk"),
    "national-identity-card": ("ບັດປະຈຳຕົວ", "national identity card"),
    "chip-identity-card": ("ບັດປະຈຳຕົວແບບມີຊິບ", "identity card with a chip"),
    "passport": ("ໜັງສືຜ່ານແດນ", "passport"),
    "household-book": ("ປຶ້ມສຳມະໂນຄົວ", "household book"),
    "witness": ("ພະຍານທີ່ເປັນພະນັກງານລັດ", "a witness who is an officer"),
    "in-person": ("ມາພົບຕົວ", "in person"),
    "agency-list": ("ບັນຊີຂອງອົງການທີ່ຢັ້ງຢືນແລ້ວ", "a list vouched for by the agency"),
    "registration-officer": ("ເຈົ້າໜ້າທີ່ລົງທະບຽນ", "registration officer"),
    "register-clerk": ("ເຈົ້າໜ້າທີ່ທະບຽນ", "register clerk"),
    "ca-operator": ("ຜູ້ປະຕິບັດການອອກໃບຢັ້ງຢືນ", "CA operator"),
    "system-administrator": ("ຜູ້ບໍລິຫານລະບົບ", "system administrator"),
    "auditor": ("ຜູ້ກວດສອບ", "auditor"),
    "unspecified": ("unspecified (ບໍ່ລະບຸ)", "unspecified"),
    "keyCompromise": ("keyCompromise (ກະແຈຮົ່ວ ຫຼື ເສຍ)", "keyCompromise (the key is lost or in other hands)"),
    "affiliationChanged": (
        "affiliationChanged (ຊື່ ຫຼື ສັງກັດປ່ຽນ)",
        "affiliationChanged (a name or belonging has changed)",
    ),
    "superseded": ("superseded (ມີໃບໃໝ່ແທນ)", "superseded (a new one takes its place)"),
    "cessationOfOperation": ("cessationOfOperation (ບໍ່ໃຊ້ອີກ)", "cessationOfOperation (it is no longer used)"),
    "privilegeWithdrawn": ("privilegeWithdrawn (ສິດຖືກຖອນ)", "privilegeWithdrawn (the right was taken back)"),
    "will": ("ພິໄນກຳ", "wills"),
    "civil-status": ("ໃບຢັ້ງຢືນສະຖານະພາບຄອບຄົວ", "civil-status certificates"),
    "ownership": ("ໃບຢັ້ງຢືນກຳມະສິດ", "ownership certificates"),
    "power-of-attorney": (
        "ໃບຢັ້ງຢືນການຖືຄອງຊັບສິນຂອງຜູ້ອື່ນ ແລະ ໃບມອບສິດ",
        "certificates of holding another's property, and powers of attorney",
    ),
    "land-sale": ("ສັນຍາຊື້ຂາຍທີ່ດິນ ແລະ ອະສັງຫາລິມະຊັບ", "sales of land and other immovable property"),
    "petition": ("ຄຳຮ້ອງ", "petitions"),
    "claim-paper": (
        "ພັນທະບັດ, ໃບເກັບເງິນ, ໃບຂົນສົ່ງ ແລະ ເອກະສານອື່ນທີ່ໃຫ້ສິດທວງ",
        "bonds, invoices, bills of lading and other papers that carry a claim",
    ),
    "longest_days": ("ອາຍຸບໍ່ເກີນ (ວັນ)", "lives at most (days)"),
    "longest_minutes": ("ອາຍຸບໍ່ເກີນ (ນາທີ)", "lives at most (minutes)"),
    "policy": ("ນະໂຍບາຍ", "policy"),
    "key_usages": ("ການໃຊ້ກະແຈ", "key usage"),
    "extended_key_usages": ("ການໃຊ້ກະແຈເພີ່ມເຕີມ", "extended key usage"),
    "practice": ("ຝຶກ", "practice"),
    "production": ("ໃຊ້ຈິງ", "production"),
    "officer-authentication": ("ພະນັກງານ, ເຂົ້າລະບົບ", "officer, signing in"),
    "officer-signing": ("ພະນັກງານ, ເຊັນເອກະສານ", "officer, signing documents"),
    "officer-encryption": ("ພະນັກງານ, ເຂົ້າລະຫັດ", "officer, encryption"),
    "mail-signing": ("ເຊັນອີເມວ", "signing mail"),
    "mail-encryption": ("ເຂົ້າລະຫັດອີເມວ", "encrypting mail"),
    "citizen-authentication": ("ພົນລະເມືອງ, ເຂົ້າລະບົບ", "citizen, signing in"),
    "citizen-signing": ("ພົນລະເມືອງ, ເຊັນເອກະສານ", "citizen, signing documents"),
    "citizen-signing-once": ("ພົນລະເມືອງ, ເຊັນເທື່ອດຽວ", "citizen, signing once"),
    "business-representative": ("ຜູ້ຕາງໜ້າວິສາຫະກິດ", "business representative"),
    "organisation-seal": ("ຕາປະທັບອົງການ", "organisation seal"),
    "tls-server": ("ເຄື່ອງແມ່ຂ່າຍ TLS", "TLS server"),
    "tls-client": ("ບໍລິການ, TLS", "service, TLS client"),
    "device": ("ອຸປະກອນ", "device"),
    "code-signing": ("ເຊັນໂປຣແກຣມ", "code signing"),
    "tsa-unit": ("ໜ່ວຍປະທັບເວລາ", "time-stamping unit"),
    "ocsp-responder": ("ຜູ້ຕອບ OCSP", "OCSP responder"),
    "machines-ra": ("ປະຕູເຄື່ອງຈັກ", "door for machines"),
    "token-signer": ("ຜູ້ເຊັນໂທເຄັນ", "token signer"),
    "issuing-ca": ("ຜູ້ອອກໃບຢັ້ງຢືນຂັ້ນລຸ່ມ", "issuing CA"),
    "issuing-services-ca": ("ຜູ້ອອກໃບຢັ້ງຢືນບໍລິການ", "issuing CA of services"),
    "root-ca": ("ຮາກ", "root"),
    "cross-certificate": ("ໃບຢັ້ງຢືນຂ້າມ", "cross certificate"),
}


def label(word: str, language: str) -> str:
    """The word as a text in this language (`lo` or `en`) says it."""
    lao, english = LABELS.get(word, (word, word))
    return lao if language == "lo" else english
