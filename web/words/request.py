"""Words for what any house may refuse about a request itself."""

WORDS = {
    "request.unexplained": (
        "ບໍ່ສາມາດເຮັດຕາມຄຳຂໍນີ້ໄດ້. ກະລຸນາລອງໃໝ່ ຫຼື ຕິດຕໍ່ສູນບໍລິການ ພ້ອມບອກເລກຄຳຂໍ.",
        "This could not be done. Try again, or tell the service centre the request number.",
    ),
    "request.malformed": (
        "ຄຳຂໍບໍ່ຖືກຮູບແບບ. ກະລຸນາກັບໄປໜ້າກ່ອນ ແລ້ວລອງໃໝ່.",
        "The request is not well formed. Go back and try again.",
    ),
    "request.hostile-path": (
        "ທີ່ຢູ່ໜ້ານີ້ບໍ່ຖືກຕ້ອງ. ກະລຸນາພິມທີ່ຢູ່ໃໝ່ ຫຼື ເລີ່ມຈາກໜ້າທຳອິດ.",
        "This address is not valid. Type it again, or begin at the first page.",
    ),
    "request.repeated-parameter": (
        "ມີຂໍ້ມູນອັນດຽວກັນຖືກສົ່ງມາສອງເທື່ອ. ກະລຸນາສົ່ງແຕ່ລະຂໍ້ພຽງເທື່ອດຽວ.",
        "A parameter was sent twice. Send each one once.",
    ),
    "request.control-character": (
        "ໃນຂໍ້ມູນມີຕົວອັກສອນທີ່ເບິ່ງບໍ່ເຫັນ ແລະ ຮັບບໍ່ໄດ້. ກະລຸນາກັບໄປໜ້າກ່ອນ ແລ້ວພິມຂໍ້ຄວາມເອງ.",
        "There is a character in this that cannot be seen and is not taken. Go back and type the text anew.",
    ),
    "request.too-large": (
        "ຂໍ້ມູນທີ່ສົ່ງມາໃຫຍ່ເກີນໄປ. ກະລຸນາສົ່ງໄຟລ໌ທີ່ນ້ອຍກວ່ານີ້.",
        "What was sent is too large. Send a smaller file.",
    ),
    "request.not-found": (
        "ບໍ່ພົບໜ້ານີ້. ກະລຸນາກວດທີ່ຢູ່ ຫຼື ເລີ່ມຈາກໜ້າທຳອິດ.",
        "There is no such page. Check the address, or begin at the first page.",
    ),
    "request.method-not-allowed": (
        "ໜ້ານີ້ບໍ່ຮັບຄຳຂໍແບບນີ້. ກະລຸນາກັບໄປໜ້າກ່ອນ ແລ້ວໃຊ້ປຸ່ມໃນໜ້ານັ້ນ.",
        "This address does not take that method. Go back and use the button on the page.",
    ),
    "request.media-type": (
        "ບໍ່ຮັບຂໍ້ມູນປະເພດນີ້. ກະລຸນາເບິ່ງຄູ່ມືວ່າຕ້ອງສົ່ງປະເພດໃດ.",
        "This media type is not taken here. See the guide for the one to send.",
    ),
    "request.not-acceptable": (
        "ບໍ່ມີຄຳຕອບໃນຮູບແບບທີ່ຂໍ. ກະລຸນາຂໍ application/json.",
        "There is no answer in the form asked for. Ask for application/json.",
    ),
    "request.not-signed-in": (
        "ກະລຸນາເຂົ້າສູ່ລະບົບກ່ອນ ແລ້ວລອງໃໝ່.",
        "Sign in first, then try again.",
    ),
    "request.forbidden": (
        "ທ່ານບໍ່ມີສິດເຮັດສິ່ງນີ້. ຖ້າຄິດວ່າບໍ່ຖືກຕ້ອງ ກະລຸນາຕິດຕໍ່ຜູ້ບໍລິຫານຂອງອົງການທ່ານ.",
        "You may not do this. If you think you should, ask your organisation's administrator.",
    ),
    "request.too-many": (
        "ມີຄຳຂໍຫຼາຍເກີນໄປ. ກະລຸນາລໍຖ້າໜຶ່ງນາທີ ແລ້ວລອງໃໝ່.",
        "There were too many requests. Wait a minute, then try again.",
    ),
    "request.form-stale": (
        "ໜ້ານີ້ເປີດໄວ້ດົນເກີນໄປ ຫຼື ຄຸກກີ້ຖືກປິດ. ກະລຸນາເປີດຄຸກກີ້ ເປີດໜ້ານີ້ຄືນໃໝ່ ແລ້ວສົ່ງອີກເທື່ອ.",
        "This page was open too long, or cookies are off. Allow cookies, open the page again and send it once more.",
    ),
    "request.foreign-origin": (
        "ແບບຟອມນີ້ຖືກສົ່ງມາຈາກເວັບອື່ນ ຈຶ່ງບໍ່ຮັບ. ກະລຸນາເປີດໜ້ານີ້ດ້ວຍຕົນເອງ ແລ້ວລອງໃໝ່.",
        "This form came from another site and was not taken. Open the page yourself and try again.",
    ),
    "request.broken": (
        "ມີຂໍ້ຜິດພາດຢູ່ຝັ່ງພວກເຮົາ. ກະລຸນາລອງໃໝ່ ຫຼື ບອກເລກຄຳຂໍໃຫ້ສູນບໍລິການ.",
        "Something failed on our side. Try again, or tell the service centre the request number.",
    ),
    "request.clock": (
        "ໂມງຂອງເຄື່ອງບໍລິການຊ້າກວ່າບັນທຶກຫຼ້າສຸດ ຈຶ່ງບໍ່ມີຫຍັງຖືກບັນທຶກ. ກະລຸນາແຈ້ງຜູ້ດູແລລະບົບໃຫ້ຕັ້ງໂມງ ແລ້ວລອງໃໝ່.",
        "The server's clock is behind the newest record, so nothing was recorded. Tell the operator to set it; retry.",
    ),
    "request.unavailable": (
        "ລະບົບຂັດຂ້ອງຊົ່ວຄາວ ແລະ ບໍ່ມີຫຍັງຖືກບັນທຶກ. ກະລຸນາລອງໃໝ່ໃນອີກໜຶ່ງນາທີ.",
        "The service is briefly unavailable and nothing was recorded. Try again in a minute.",
    ),
    "request.disk-full": (
        "ບ່ອນເກັບຂໍ້ມູນເຕັມແລ້ວ ຂຽນບໍ່ໄດ້ອີກ. ຈັດບ່ອນຫວ່າງ ແລ້ວແລ່ນຄືນໃໝ່: ສິ່ງທີ່ເຮັດແລ້ວບໍ່ເສຍ ແລະ ບໍ່ເຮັດຊ້ຳ.",
        "The disk is full. Make room, then run it again: what is done stays done, and is not done twice.",
    ),
}
