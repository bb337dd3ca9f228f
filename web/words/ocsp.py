"""Words for the status responder's refusals, for operators: whoever asks by OCSP gets OCSP's own codes."""

WORDS = {
    "ocsp.not-fresh": (
        "ສະຖານະໃບຢັ້ງຢືນບໍ່ທັນສະໄໝ ເພາະຕິດຕໍ່ຖານຂໍ້ມູນບໍ່ໄດ້. ກະລຸນາກວດຖານຂໍ້ມູນ ແລ້ວລໍຖ້າຫ້າວິນາທີ.",
        "Certificate status is not fresh: the database is not reached. Check the database, then wait five seconds.",
    ),
    "ocsp.clock": (
        "ໂມງຂອງເຄື່ອງຊ້າກວ່າບັນທຶກຫຼ້າສຸດ. ກະລຸນາຕັ້ງໂມງໃຫ້ຖືກ; ຈະຕອບໃໝ່ເອງ.",
        "The machine's clock is behind the newest entry. Set the clock; answers then begin again by themselves.",
    ),
}
