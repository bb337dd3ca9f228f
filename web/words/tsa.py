"""Words for the time-stamp authority's refusals, by the code that it counts and logs."""

WORDS = {
    "timestamp.bad-algorithm": (
        "ບໍ່ຮັບວິທີ hash ນີ້. ກະລຸນາໃຊ້ SHA-256, SHA-384 ຫຼື SHA-512.",
        "This hash algorithm is not taken. Use SHA-256, SHA-384 or SHA-512.",
    ),
    "timestamp.bad-request": (
        "ນີ້ບໍ່ແມ່ນຄຳຂໍປະທັບເວລາຕາມ RFC 3161. ກະລຸນາກວດໂປຣແກຣມທີ່ສົ່ງ.",
        "This is not an RFC 3161 time-stamp query. Check the program that sent it.",
    ),
    "timestamp.bad-data": (
        "ຄວາມຍາວຂອງ hash ບໍ່ກົງກັບວິທີ hash. ກະລຸນາສົ່ງ hash ທີ່ຄົບຖ້ວນ.",
        "The hash has not the length of its algorithm. Send the whole hash.",
    ),
    "timestamp.clock": (
        "ໂມງຂອງເຄື່ອງບໍ່ໜ້າເຊື່ອຖື ຈຶ່ງບໍ່ປະທັບເວລາ. ກະລຸນາຕັ້ງໂມງ ແລ້ວລອງໃໝ່.",
        "The machine's clock cannot be trusted, so no time is stamped. Set the clock and try again.",
    ),
    "timestamp.policy": (
        "ບໍ່ມີນະໂຍບາຍປະທັບເວລານີ້. ກະລຸນາສົ່ງຄຳຂໍໂດຍບໍ່ລະບຸນະໂຍບາຍ.",
        "This time-stamp policy is not served. Leave the policy out of the query.",
    ),
    "timestamp.extension": (
        "ຄຳຂໍມີສ່ວນເພີ່ມທີ່ບໍ່ຮອງຮັບ. ກະລຸນາສົ່ງຄຳຂໍໂດຍບໍ່ມີສ່ວນເພີ່ມ.",
        "The query has an extension that is not served. Send it without extensions.",
    ),
    "timestamp.unavailable": (
        "ບໍ່ສາມາດບັນທຶກການປະທັບເວລາໄດ້ ຈຶ່ງບໍ່ອອກໃຫ້. ກະລຸນາລອງໃໝ່ອີກຈັກໜ້ອຍ.",
        "The time stamp could not be recorded, so none was given. Try again shortly.",
    ),
}
