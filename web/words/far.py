"""Words about status that was carried somewhere: what is refused of it, what it says, and what its age means."""

WORDS = {
    "export.too-soon": (
        "ຫາກໍສົ່ງອອກໃນວິນາທີນີ້. ກະລຸນາລໍຖ້າໜຶ່ງວິນາທີ ແລ້ວລອງໃໝ່.",
        "An export of this second, or of a later one, is there. Wait a second; if it is of a later one, set the clock.",
    ),
    "export.nothing": (
        "ບໍ່ມີກະແຈຂອງຜູ້ຕອບສະຖານະຢູ່ເຄື່ອງນີ້. ກວດການຕັ້ງຄ່າ LAOTRUST_KEYS_OCSP_…",
        "No responder's key with a valid certificate is at hand here. Look at LAOTRUST_KEYS_OCSP_… and at the home.",
    ),
    "export.busy": (
        "ກຳລັງສົ່ງອອກໃສ່ບ່ອນນີ້ຢູ່. ລໍຖ້າໃຫ້ແລ້ວ ແລ້ວລອງໃໝ່.",
        "Another export into this folder is under way. Wait until it is done, then try again.",
    ),
    "bundle.malformed": (
        "ໄຟລ໌ຄຳຕອບອ່ານບໍ່ໄດ້ ຫຼື ບໍ່ຄົບ. ໃຫ້ສຳເນົາຈາກສູນໃໝ່.",
        "The bundle cannot be read, or is cut. Copy it from the centre again.",
    ),
    "bundle.forged": (
        "ຕາປະທັບຂອງໄຟລ໌ຄຳຕອບບໍ່ຖືກຕ້ອງ. ຢ່າໃຊ້; ສຳເນົາຈາກສູນໃໝ່ ແລະ ແຈ້ງສູນ.",
        "The bundle's seal is not good. Do not use it; copy it from the centre again, and tell the centre.",
    ),
    "delta.malformed": (
        "ໄຟລ໌ສ່ວນປ່ຽນແປງອ່ານບໍ່ໄດ້. ໃຫ້ສຳເນົາຈາກສູນໃໝ່.",
        "The delta cannot be read. Copy it from the centre again.",
    ),
    "mirror.rolled-back": (
        "ຂໍ້ມູນທີ່ໄດ້ຮັບເກົ່າກວ່າທີ່ມີຢູ່ແລ້ວ, ຈຶ່ງບໍ່ຮັບ. ໃຫ້ສຳເນົາອັນໃໝ່ສຸດຈາກສູນ.",
        "What is offered is older than what is here already, so it is not taken. Copy the newest from the centre.",
    ),
    "mirror.future": (
        "ຂໍ້ມູນທີ່ໄດ້ຮັບມີເວລາໃນອະນາຄົດ, ຈຶ່ງບໍ່ຮັບ. ກວດໂມງຂອງເຄື່ອງ ແລ້ວແຈ້ງສູນ.",
        "What is offered is of a time to come, so it is not taken. Check this machine's clock, and tell the centre.",
    ),
    "mirror.dropped": (
        "ຂໍ້ມູນທີ່ໄດ້ຮັບຂາດຜູ້ອອກໃບຢັ້ງຢືນທີ່ເຄີຍມີ, ຈຶ່ງບໍ່ຮັບ. ຖາມສູນ; ຖ້າສູນຢືນຢັນ ໃຫ້ໃຊ້ --fewer.",
        "What is offered leaves out a CA that is here, so it is not taken. Ask the centre; if it is so, say --fewer.",
    ),
    "mirror.partial": (
        "ສຳເນົາຈາກສູນຍັງບໍ່ຄົບ: ມີເລກທີໃໝ່ກວ່າ ແຕ່ຂໍ້ມູນຂອງມັນບໍ່ມີ. ໃຫ້ສຳເນົາຈາກສູນໃໝ່.",
        "The copy is not whole: it names a newer number than it holds. Copy it from the centre again.",
    ),
    "mirror.busy": (
        "ກຳລັງຮັບຂໍ້ມູນໃສ່ບ່ອນນີ້ຢູ່. ລໍຖ້າໃຫ້ແລ້ວ ແລ້ວລອງໃໝ່.",
        "This mirror is being brought up to date by another. Wait until that is done, then try again.",
    ),
    "mirror.fresh": (
        "ສະຖານະມີອາຍຸບໍ່ເຖິງໜຶ່ງມື້. ໃບຢັ້ງຢືນທີ່ຖືກຍົກເລີກຫຼັງຈາກນັ້ນຍັງສະແດງວ່າໃຊ້ໄດ້.",
        "This status is less than a day old. A certificate that was revoked since then still shows as good.",
    ),
    "mirror.aged": (
        "ສະຖານະເກົ່າກວ່າໜຶ່ງມື້ ຫຼື ຮັບອັນໃໝ່ບໍ່ໄດ້. ໃຫ້ນຳຂໍ້ມູນໃໝ່ຈາກສູນມາ.",
        "This status is more than a day old, or a newer one could not be taken up. Fetch the newest from the centre.",
    ),
    "digest.malformed": (
        "ສະຫຼຸບສະຖານະນີ້ອ່ານບໍ່ໄດ້. ໃຫ້ສະແກນ ຫຼື ສຳເນົາໃໝ່ທັງໝົດ.",
        "This status digest cannot be read. Scan or copy all of it again.",
    ),
    "digest.forged": (
        "ລາຍເຊັນຂອງສະຫຼຸບສະຖານະບໍ່ຖືກຕ້ອງ. ຢ່າເຊື່ອ; ເອົາອັນໃໝ່ຈາກສູນ.",
        "The digest's signature is not good. Do not believe it; get a new one from the centre.",
    ),
    "digest.memory": (
        "ໄຟລ໌ທີ່ຈື່ສະຫຼຸບອັນໃໝ່ສຸດ (--seen) ເສຍຫາຍ. ເອົາສະຫຼຸບອັນໃໝ່ສຸດຈາກສູນ, ລຶບໄຟລ໌ນັ້ນ ແລ້ວກວດໃໝ່.",
        "What remembers the newest digest (--seen) is damaged. Get the newest digest, remove that file, and try again.",
    ),
    "digest.mixed": (
        "ສະຫຼຸບສະຖານະ ແລະ ບັນຊີຄວາມເຊື່ອຖືບໍ່ແມ່ນຊຸດດຽວກັນ. ໃຊ້ທັງສອງຈາກການສົ່ງອອກຄັ້ງດຽວກັນ.",
        "The digest and the trust list are not of one set. Take both from the same export.",
    ),
    "digest.future": (
        "ສະຫຼຸບສະຖານະມີເວລາໃນອະນາຄົດ. ກວດໂມງຂອງເຄື່ອງ.",
        "The digest is of a time to come. Check this machine's clock.",
    ),
    "digest.rolled-back": (
        "ສະຫຼຸບສະຖານະນີ້ເກົ່າກວ່າອັນທີ່ເຄີຍໃຊ້ແລ້ວ. ໃຊ້ອັນໃໝ່ກວ່າ.",
        "This digest is older than one that was used here before. Take the newer one.",
    ),
    "trust-list.malformed": (
        "ບັນຊີຄວາມເຊື່ອຖືອ່ານບໍ່ໄດ້. ໃຫ້ສະແກນ ຫຼື ສຳເນົາໃໝ່ທັງໝົດ.",
        "The trust list cannot be read. Scan or copy all of it again.",
    ),
    "leaflet.malformed": (
        "ຂໍ້ຄວາມນີ້ບໍ່ແມ່ນສະຫຼຸບສະຖານະ ຫຼື ສະແກນບໍ່ຄົບ. ສະແກນໃໝ່.",
        "This text is no leaflet of status, or was not scanned whole. Scan it again.",
    ),
    "leaflet.missing": (
        "ຍັງຂາດລະຫັດ QR ບາງອັນຂອງຊຸດນີ້. ສະແກນໃຫ້ຄົບ.",
        "A code of this set is missing. Scan all of them.",
    ),
    "leaflet.mixed": (
        "ລະຫັດ QR ເຫຼົ່ານີ້ບໍ່ແມ່ນຊຸດດຽວກັນ. ສະແກນຊຸດດຽວ.",
        "These codes are not of one set. Scan those of one set only.",
    ),
    "path.no-anchor": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ໄດ້ອອກໂດຍຜູ້ອອກໃບຢັ້ງຢືນຂອງພວກເຮົາ. ຢ່າຮັບ.",
        "This certificate was not issued by a CA under the root, or the trust list does not have it. Do not accept it.",
    ),
    "path.expired": (
        "ໃບຢັ້ງຢືນ (ຫຼື ຂອງຜູ້ອອກ) ໝົດອາຍຸແລ້ວ. ຢ່າຮັບ; ກວດໂມງຂອງເຄື່ອງ.",
        "The certificate, or its CA's, is past its last day. Do not accept it; look at this machine's clock too.",
    ),
    "path.not-yet-valid": (
        "ໃບຢັ້ງຢືນຍັງບໍ່ເຖິງວັນເລີ່ມໃຊ້. ກວດໂມງຂອງເຄື່ອງ.",
        "The certificate is not valid yet. Look at this machine's clock.",
    ),
    "path.revoked": (
        "ຜູ້ອອກໃບຢັ້ງຢືນຖືກຍົກເລີກແລ້ວ. ຢ່າຮັບ.",
        "A CA above this certificate was revoked. Do not accept it.",
    ),
    "path.invalid": (
        "ໃບຢັ້ງຢືນບໍ່ຖືກຕ້ອງພາຍໃຕ້ຮາກທີ່ເຊື່ອຖື. ຢ່າຮັບ.",
        "The certificate is not sound under the root: its signature, names or usages. Do not accept it.",
    ),
    "pki.serial-foreign": (
        "ເລກລຳດັບຂອງໃບຢັ້ງຢືນບໍ່ແມ່ນຮູບແບບຂອງພວກເຮົາ. ຖາມສູນ.",
        "This serial number is not of our making, so the digest says nothing of it. Ask the centre.",
    ),
    "carried.good": (
        "ໃຊ້ໄດ້: ບໍ່ຖືກຍົກເລີກ ໃນເວລາທີ່ສະຫຼຸບນີ້ຖືກສ້າງ.",
        "Good: not revoked when this digest was made.",
    ),
    "carried.revoked": ("ຖືກຍົກເລີກແລ້ວ. ຢ່າຮັບ.", "Revoked. Do not accept it."),
    "carried.paused": (
        "ຖືກຢຸດໄວ້ຊົ່ວຄາວ. ຢ່າຮັບ; ຖາມສູນ ຫຼື ໃຊ້ສະຫຼຸບໃໝ່ກວ່າ.",
        "Paused. Do not accept it now; ask the centre, or look at a newer digest.",
    ),
    "carried.not-covered": (
        "ບໍ່ຢູ່ໃນສະຫຼຸບນີ້: ໃບຢັ້ງຢືນໃໝ່ກວ່າ. ຕ້ອງໃຊ້ສະຫຼຸບໃໝ່ກວ່າ ຫຼື ຖາມທາງອິນເຕີເນັດ.",
        "Not covered: this certificate is newer than the digest. Get a newer digest, or ask by line.",
    ),
    "carried.unknown": (
        "ບໍ່ຮູ້: ສະຫຼຸບນີ້ໝົດອາຍຸແລ້ວ ຈຶ່ງບອກບໍ່ໄດ້ວ່າໃຊ້ໄດ້.",
        "Not known: the digest is past its time, and good cannot be told from it.",
    ),
    "carried.age-fresh": (
        "ສະຫຼຸບນີ້ມີອາຍຸບໍ່ເຖິງໜຶ່ງມື້. ການຍົກເລີກຫຼັງຈາກນັ້ນຍັງບໍ່ເຫັນ.",
        "The digest is less than a day old. A revocation since then is not in it.",
    ),
    "carried.age-aged": (
        "ສະຫຼຸບນີ້ເກົ່າກວ່າໜຶ່ງມື້. ການຍົກເລີກຫຼັງຈາກນັ້ນຍັງບໍ່ເຫັນ; ສຳລັບເລື່ອງສຳຄັນ ໃຫ້ໃຊ້ອັນໃໝ່ກວ່າ.",
        "The digest is more than a day old. Revocations since then are not in it: for what weighs much get a new one.",
    ),
    "carried.age-past": (
        "ສະຫຼຸບນີ້ໝົດອາຍຸແລ້ວ. ສິ່ງທີ່ຖືກຍົກເລີກຍັງຖືກຍົກເລີກຢູ່, ແຕ່ອື່ນໆບອກບໍ່ໄດ້. ເອົາອັນໃໝ່.",
        "The digest is past its time. What was revoked is revoked; of all else it tells nothing. Get a new one.",
    ),
}
