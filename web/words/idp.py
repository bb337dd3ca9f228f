"""Words for what the provider refuses."""

_START_AGAIN_LO = "ກະລຸນາກັບໄປຫາບໍລິການທີ່ທ່ານມາ ແລ້ວເລີ່ມໃໝ່."
_START_AGAIN = "Go back to the service you came from and begin again."
_TELL_SERVICE_LO = "ນີ້ແມ່ນຄວາມຜິດຂອງບໍລິການ ບໍ່ແມ່ນຂອງທ່ານ. ກະລຸນາແຈ້ງຜູ້ດູແລບໍລິການ ພ້ອມເລກຄຳຂໍ."
_TELL_SERVICE = "This is the service's mistake, not yours. Tell those who run it, with the request number."

WORDS = {
    "authorize.parameter-repeated": (
        f"ບໍລິການສົ່ງຂໍ້ມູນອັນດຽວກັນສອງເທື່ອ. {_TELL_SERVICE_LO}",
        f"The service sent a parameter twice. {_TELL_SERVICE}",
    ),
    "authorize.parameter-unfit": (
        f"ບໍລິການສົ່ງຂໍ້ມູນທີ່ຍາວເກີນໄປ ຫຼື ມີຕົວອັກສອນທີ່ໃຊ້ບໍ່ໄດ້. {_TELL_SERVICE_LO}",
        f"The service sent a parameter that is too long or holds forbidden characters. {_TELL_SERVICE}",
    ),
    "authorize.client-unknown": (
        f"ບໍລິການນີ້ບໍ່ໄດ້ຂຶ້ນທະບຽນ ຫຼື ຖືກຍົກເລີກແລ້ວ. {_TELL_SERVICE_LO}",
        f"This service is not registered, or no longer. {_TELL_SERVICE}",
    ),
    "authorize.redirect-uri-unregistered": (
        f"ທີ່ຢູ່ທີ່ບໍລິການຢາກໃຫ້ກັບໄປ ບໍ່ໄດ້ຂຶ້ນທະບຽນ. {_TELL_SERVICE_LO}",
        f"The address that the service wants you back at is not registered. {_TELL_SERVICE}",
    ),
    "authorize.request-uri": (
        f"ຄຳຂໍທີ່ບໍລິການຝາກໄວ້ ໝົດເວລາ ຫຼື ໃຊ້ໄປແລ້ວ. {_START_AGAIN_LO}",
        f"The request that the service left with us is too old, or was used. {_START_AGAIN}",
    ),
    "authorize.request-object": (
        f"ຄຳຂໍຂອງບໍລິການ ໝົດເວລາ ຫຼື ກວດສອບບໍ່ໄດ້. {_START_AGAIN_LO}",
        f"The service's request is too old, or cannot be verified. {_START_AGAIN}",
    ),
    "authorize.request-object-unsigned": (
        f"ບໍລິການສົ່ງຄຳຂໍທີ່ບໍ່ມີລາຍເຊັນ. {_TELL_SERVICE_LO}",
        f"The service sent a request that is not signed. {_TELL_SERVICE}",
    ),
    "authorize.request-uri-unsupported": (
        f"ບໍລິການສົ່ງຄຳຂໍແບບທີ່ພວກເຮົາບໍ່ຮັບ. {_TELL_SERVICE_LO}",
        f"The service sent its request in a way that is not taken here. {_TELL_SERVICE}",
    ),
    "sign-in.name-missing": (
        "ກະລຸນາພິມເລກພະນັກງານ, ເບີໂທ ຫຼື ອີເມວຂອງທ່ານ.",
        "Type your officer number, phone number or e-mail address.",
    ),
    "sign-in.password-missing": ("ກະລຸນາພິມລະຫັດຜ່ານຂອງທ່ານ.", "Type your password."),
    "sign-in.wrong": (
        "ຊື່ ຫຼື ລະຫັດຜ່ານບໍ່ຖືກຕ້ອງ. ກະລຸນາກວດແລ້ວພິມໃໝ່.",
        "The name or the password is not right. Check both and type them again.",
    ),
    "sign-in.locked": (
        "ລອງຫຼາຍເທື່ອເກີນໄປ. ກະລຸນາລໍຖ້າ 15 ນາທີ ຫຼື ໄປທີ່ສູນບໍລິການເພື່ອປົດລັອກ.",
        "Too many tries: this is locked. Wait 15 minutes, or ask the service centre to unlock it.",
    ),
    "sign-in.cut-off": (
        "ສິດເຂົ້າຂອງທ່ານຖືກຢຸດ. ກະລຸນາໄປທີ່ສູນບໍລິການ ພ້ອມບັດປະຈຳຕົວ.",
        "Your access was stopped. Go to the service centre with your identity card.",
    ),
    "sign-in.level-unreachable": (
        "ບໍລິການນີ້ຕ້ອງການຫຼາຍກວ່າລະຫັດຜ່ານ. ກະລຸນາໃຊ້ໃບຢັ້ງຢືນຂອງທ່ານ ຫຼື ໄປທີ່ສູນບໍລິການ.",
        "This service asks for more than your password. Use your certificate, or go to the service centre.",
    ),
    "sign-in.code-wrong": (
        "ລະຫັດບໍ່ຖືກຕ້ອງ. ກະລຸນາພິມລະຫັດທີ່ເຫັນໃນແອັບດຽວນີ້; ກວດໂມງໃນໂທລະສັບນຳ.",
        "The code is not right. Type the one that the app shows now; check the phone's clock too.",
    ),
    "sign-in.code-used": (
        "ລະຫັດນີ້ໃຊ້ໄປແລ້ວ. ກະລຸນາລໍຖ້າລະຫັດໃໝ່ (ບໍ່ເກີນ 30 ວິນາທີ) ແລ້ວພິມ.",
        "This code was used already. Wait for the next one (30 seconds at most) and type that.",
    ),
    "sign-in.expired": (
        f"ການເຂົ້າສູ່ລະບົບນີ້ໝົດເວລາແລ້ວ. {_START_AGAIN_LO}",
        f"This sign-in took too long, or began in another browser. {_START_AGAIN}",
    ),
    "sign-in.incomplete": (
        f"ຍັງບໍ່ໄດ້ພິສູດຕົວຄົບຖ້ວນ. {_START_AGAIN_LO}",
        f"Something is still missing to show who you are. {_START_AGAIN}",
    ),
    "sign-in.done-already": (
        f"ຂັ້ນຕອນນີ້ແລ້ວໄປແລ້ວ. {_START_AGAIN_LO}",
        f"This step is done already. {_START_AGAIN}",
    ),
    "sign-in.account-ended": (
        "ບັນຊີນີ້ຖືກປິດແລ້ວ. ກະລຸນາໄປທີ່ສູນບໍລິການ ພ້ອມບັດປະຈຳຕົວ.",
        "This account is closed. Go to the service centre with your identity card.",
    ),
    "sign-in.certificate-missing": (
        "ບໍ່ພົບໃບຢັ້ງຢືນ. ກະລຸນາສຽບບັດ ຫຼື ນຳເຂົ້າໃບຢັ້ງຢືນ ປິດໂປຣແກຣມທ່ອງເວັບ ແລ້ວເປີດໃໝ່.",
        "No certificate was shown. Insert your card or import your certificate, close the browser and open it again.",
    ),
    "sign-in.certificate-unknown": (
        "ໃບຢັ້ງຢືນນີ້ບໍ່ແມ່ນຂອງພວກເຮົາ. ກະລຸນາເລືອກອັນອື່ນ ຫຼື ໃຊ້ລະຫັດຜ່ານ.",
        "This certificate is not one of ours. Choose another one, or use your password.",
    ),
    "sign-in.certificate-purpose": (
        "ໃບຢັ້ງຢືນນີ້ໃຊ້ເຊັນເອກະສານ ບໍ່ແມ່ນເຂົ້າສູ່ລະບົບ. ກະລຸນາເລືອກໃບຢັ້ງຢືນສຳລັບເຂົ້າສູ່ລະບົບ.",
        "This certificate is for signing documents. Choose the one for signing in.",
    ),
    "sign-in.certificate-expired": (
        "ໃບຢັ້ງຢືນນີ້ໝົດອາຍຸ ຫຼື ຍັງບໍ່ທັນເລີ່ມ. ກະລຸນາໄປທີ່ສູນບໍລິການເພື່ອຮັບອັນໃໝ່.",
        "This certificate is past its time, or not yet in it. Get a new one at the service centre.",
    ),
    "sign-in.certificate-unconfirmed": (
        "ທ່ານຍັງບໍ່ໄດ້ຢັ້ງຢືນຊື່ໃນໃບຢັ້ງຢືນນີ້. ກວດຊື່ແລ້ວໃຊ້ certificate-confirm ຫຼື ໄປໂຕະລົງທະບຽນ.",
        "You have not yet confirmed the names in this certificate. Look at them, then confirm it, or go to a desk.",
    ),
    "sign-in.certificate-revoked": (
        "ໃບຢັ້ງຢືນນີ້ຖືກຍົກເລີກ ຫຼື ຖືກຢຸດ. ກະລຸນາໄປທີ່ສູນບໍລິການ ພ້ອມບັດປະຈຳຕົວ.",
        "This certificate is revoked or on hold. Go to the service centre with your identity card.",
    ),
    "logout.hint-invalid": (
        "ຄຳຂໍອອກຈາກລະບົບນີ້ ເກົ່າເກີນໄປ ຫຼື ບໍ່ຖືກຕ້ອງ ຈຶ່ງຍັງບໍ່ໄດ້ອອກ. ເປີດ /end-session ເພື່ອອອກຈາກລະບົບຢູ່ນີ້.",
        "This request to sign out is too old, or none that we trust: nobody is out. Open /end-session to sign out.",
    ),
    "logout.uri-unregistered": (
        f"ທີ່ຢູ່ທີ່ຈະໄປຫຼັງອອກຈາກລະບົບ ບໍ່ໄດ້ຂຶ້ນທະບຽນ. {_TELL_SERVICE_LO}",
        f"The address to go to after signing out is not registered. {_TELL_SERVICE}",
    ),
    "logout.nothing-to-show": (
        "ບໍ່ມີຫຍັງໃຫ້ເບິ່ງ: ໜ້ານີ້ໃຊ້ໄດ້ 10 ນາທີ ຫຼັງອອກຈາກລະບົບ. ເຂົ້າລະບົບ ແລ້ວເປີດ /sessions ເພື່ອເບິ່ງ.",
        "There is nothing to show: this page is there for ten minutes after signing out. Sign in and open /sessions.",
    ),
    "session.not-yours": (
        "ບໍ່ມີການເຂົ້າລະບົບນີ້ ຫຼື ຈົບໄປແລ້ວ. ກະລຸນາເປີດ /sessions ຄືນໃໝ່.",
        "There is no such sign-in of yours, or it is over. Open /sessions again.",
    ),
    "client.unknown": ("ບໍ່ມີບໍລິການນີ້. ກະລຸນາເບິ່ງ client-list.", "There is no such client. See client-list."),
    "client.manages-itself": (
        "ບໍລິການນີ້ໄດ້ລົງທະບຽນຕົນເອງ ແລະ ປ່ຽນເອງ ທີ່ registration_client_uri.",
        "This client registered itself, and changes itself at its registration_client_uri.",
    ),
    "client.changed-meanwhile": (
        "ມີຄົນອື່ນປ່ຽນບໍລິການນີ້ກ່ອນແລ້ວ. ກະລຸນາເບິ່ງ client-list ແລະ ລອງໃໝ່.",
        "Somebody else has changed this client in the meantime. See client-list, then try again.",
    ),
    "client.nothing-changes": (
        "ບໍ່ມີຫຍັງປ່ຽນ: ບໍລິການເປັນແນວນັ້ນຢູ່ແລ້ວ.", "Nothing would change: the client is like that already.",
    ),
    "client.other-subjects": (
        "ທີ່ຢູ່ເປັນຂອງ host ອື່ນ, ສະນັ້ນ sub ຂອງທຸກຄົນຈະປ່ຽນ. ຖ້າຕ້ອງການແນວນັ້ນ ໃຫ້ເພີ່ມ --other-subjects.",
        "The addresses are of another host, so everybody gets another sub. If that is meant, add --other-subjects.",
    ),
    "client.retired": ("ບໍລິການນີ້ຖືກຍົກເລີກໄປແລ້ວ.", "This client was retired before; nothing is left to do."),
    "client.secret-file-exists": (
        "ມີໄຟລ໌ຊື່ນີ້ແລ້ວ. ກະລຸນາເລືອກຊື່ອື່ນ; ບໍ່ມີຫຍັງຖືກຂຽນທັບ.",
        "There is a file of this name already. Choose another one: nothing is written over.",
    ),
    "client.profile": (
        "ຮູບແບບ ຫຼື ລະດັບບໍ່ຖືກຕ້ອງ. ໃຊ້ standard gov fapi2 kiosk ຫຼື native ແລະ ລະດັບ 1 ຫຼື 2.",
        "The profile or the level is not known. Use standard, gov, fapi2, kiosk or native, and level 1 or 2.",
    ),
    "client.scope": (
        "ຂອບເຂດບໍ່ຖືກຕ້ອງ. ຕ້ອງມີ openid ແລະ ມີແຕ່ອັນທີ່ຮູ້ຈັກ.",
        "The scopes must include openid and be known: openid profile email phone address organisation.",
    ),
    "client.uri": (
        "ທີ່ຢູ່ຕ້ອງເປັນ https ທຳມະດາ ບໍ່ມີຊື່ຜູ້ໃຊ້, #, .. ຫຼື ຕົວອັກສອນພິເສດ.",
        "Addresses must be plain https, without user, fragment, dot segments or unusual characters.",
    ),
    "client.redirect-uri": (
        "ຕ້ອງມີທີ່ຢູ່ກັບຄືນ ເປັນ https ທຳມະດາ ບໍ່ມີຊື່ຜູ້ໃຊ້, #, .. ຫຼື ຕົວອັກສອນພິເສດ.",
        "Give redirect URIs as plain https, without user, fragment, dot segments or unusual characters.",
    ),
    "client.contact": (
        "ຜູ້ຕິດຕໍ່ຕ້ອງເປັນທີ່ຢູ່ອີເມວ ເຊັ່ນ it@mtc.gov.la.",
        "Contacts must be mail addresses, such as it@mtc.gov.la.",
    ),
    "client.agreement-days": (
        "ສັນຍາຕ້ອງມີເລກທີ ແລະ ມື້ສິ້ນສຸດຫຼັງມື້ເລີ່ມ ແລະ ຫຼັງມື້ນີ້.",
        "Give the agreement a number of at most 64 characters, and an end after its beginning and after today.",
    ),
    "client.agreed-meanwhile": (
        "ມີຄົນອື່ນບັນທຶກສັນຍາໃນເວລາດຽວກັນ. ເບິ່ງ client-list ແລ້ວເຮັດຄືນຖ້າຈຳເປັນ.",
        "Somebody else entered an agreement at the same moment. See client-list, then give the command again.",
    ),
    "client.organisation-unknown": (
        "ບໍ່ມີອົງການລະຫັດນີ້ໃນທະບຽນ. ກວດລະຫັດຄືນ.",
        "No organisation with this code is in the register. Check the code.",
    ),
    "client.invitation-unknown": ("ບໍ່ມີຄຳເຊີນນີ້. ກວດເລກຄືນ.", "There is no such invitation. Check its id."),
    "client.invitation-ended": ("ຄຳເຊີນນີ້ຖືກປິດແລ້ວ.", "This invitation was ended before; nothing is left to do."),
    "client.invitation-bounds": (
        "ຈຳນວນຕ້ອງແຕ່ 1 ຫາ 1000 ແລະ ມື້ສຸດທ້າຍຕ້ອງຍັງບໍ່ທັນເຖິງ.",
        "Invite for 1 to 1000 registrations, until a day that is still to come.",
    ),
    "registration.token": (
        "ລະຫັດລົງທະບຽນນີ້ບໍ່ມີ, ໝົດອາຍຸ ຫຼື ໃຊ້ຄົບແລ້ວ. ຂໍຄຳເຊີນໃໝ່ຈາກສູນ.",
        "This registration token is unknown, over or used up. Ask the centre for another invitation.",
    ),
    "consent.not-signed-in": (
        "ທ່ານຍັງບໍ່ໄດ້ເຂົ້າລະບົບ. ເຂົ້າລະບົບຜ່ານບໍລິການໃດໜຶ່ງກ່ອນ ແລ້ວເປີດໜ້ານີ້ຄືນ.",
        "You are not signed in. Sign in through any service first, then open this page again.",
    ),
    "client.name": (
        "ຕ້ອງມີຊື່ບໍລິການ ທັງພາສາລາວ ແລະ ອັງກິດ.",
        "Give the service a name in Lao and one in English.",
    ),
    "client.method": (
        "ຮູບແບບນີ້ບໍ່ໃຫ້ບໍລິການພິສູດຕົວດ້ວຍວິທີນີ້. ກະລຸນາເລືອກວິທີອື່ນ (--auth-method).",
        "The profile does not let a service authenticate so. Choose another --auth-method.",
    ),
    "client.algorithm-unserved": (
        "ພວກເຮົາບໍ່ມີກະແຈ ທີ່ເຊັນແບບທີ່ບໍລິການນີ້ຕ້ອງການ. ກະລຸນາແຈ້ງຜູ້ດູແລລະບົບ ພ້ອມເລກຄຳຂໍ.",
        "No key of ours signs as this service asks. Tell those who run this system; token-key-announce brings a key.",
    ),
    "client.no-secret": (
        "ບໍລິການນີ້ບໍ່ໃຊ້ລະຫັດລັບ. ຖ້າຕ້ອງການກະແຈໃໝ່ ໃຫ້ໃຊ້ --jwks.",
        "The client has no secret, so it can get no other. For another key give --jwks.",
    ),
    "client.serves": (
        "ບໍລິການທີ່ໃຊ້ --serves ຕ້ອງພິສູດຕົວ: ເລືອກ --auth-method ທີ່ບໍ່ແມ່ນ none.",
        "Who reads tokens that are for it must prove who it is: with --serves give an --auth-method other than none.",
    ),
    "client.details": (
        "ບໍ່ຮູ້ຈັກ --details-type ນີ້ ຫຼື ບໍ່ມີບໍລິການທີ່ຈະໃຊ້. ໃຫ້ --details-type sign ພ້ອມ --resource ຂອງບໍລິການເຊັນ.",
        "Give a --details-type that there is, and with it the --resource of each service that may act by it.",
    ),
    "client.response-mode": (
        "ໂປຣໄຟລ໌ນີ້ບໍ່ມີຮູບແບບຄຳຕອບ (response_mode) ນີ້. ກະລຸນາເລືອກຈາກ response_modes_supported.",
        "The profile has no such response_mode. Choose from response_modes_supported in discovery.",
    ),
    "client.encryption": (
        "ບໍ່ມີກະແຈທີ່ເໝາະສຳລັບເຂົ້າລະຫັດ. ເພີ່ມກະແຈ use: enc ໃສ່ --jwks, ແລະ userinfo ຕ້ອງມີ --userinfo-alg ນຳ.",
        "Nothing can be encrypted so. Add a fitting key with use: enc to --jwks; userinfo needs --userinfo-alg too.",
    ),
    "client.encryption-key": (
        "ບໍລິການນີ້ບໍ່ມີກະແຈ ທີ່ພວກເຮົາຈະເຂົ້າລະຫັດໃຫ້. ກະລຸນາແຈ້ງບໍລິການນັ້ນ ພ້ອມເລກຄຳຂໍ.",
        "This service has no key with which we could encrypt its answer. Tell the service, with the request number.",
    ),
    "call.itself": (
        "ບໍລິການບໍ່ຕ້ອງໄດ້ຮັບອະນຸຍາດ ເພື່ອເອີ້ນຕົນເອງ. ກະລຸນາບອກສອງບໍລິການ ທີ່ຕ່າງກັນ.",
        "A service needs no leave to call itself. Name two services.",
    ),
    "call.unknown": ("ບໍ່ມີການອະນຸຍາດນີ້. ກະລຸນາກວດເລກດ້ວຍ call-list.", "There is no such call. Check it with call-list."),
    "call.ended": ("ການອະນຸຍາດນີ້ ສິ້ນສຸດແລ້ວ.", "This call was ended before; nothing is left to do."),
    "client.key-blocked": (
        "ກະແຈໜຶ່ງໃນນີ້ຖືກປິດກັ້ນຕະຫຼອດໄປ ເພາະຕົກໃນມືຄົນອື່ນ. ໃຫ້ບໍລິການສ້າງກະແຈໃໝ່ ແລ້ວລົງທະບຽນດ້ວຍກະແຈນັ້ນ.",
        "One of these keys is blocked for ever, as one in other hands. The service must make another, and register it.",
    ),
    "client.key-used": (
        "ກະແຈໜຶ່ງໃນນີ້ເປັນຂອງຜູ້ອື່ນໃນລະບົບແລ້ວ. ໃຫ້ບໍລິການສ້າງກະແຈຂອງຕົນເອງ.",
        "One of these keys belongs to somebody else here. Have the service make one for itself alone.",
    ),
    "client.keys": (
        "ກະແຈສາທາລະນະບໍ່ຄົບ ຫຼື ບໍ່ເໝາະກັບວິທີພິສູດຕົວ. ໃຫ້ --jwks ຫຼື --jwks-uri ອັນດຽວ, ບໍ່ມີກະແຈລັບ.",
        "The keys do not go with the method. Give --jwks or --jwks-uri, public keys alone, or --tls-subject.",
    ),
    "client.algorithm": (
        "ຮູບແບບນີ້ບໍ່ມີວິທີເຊັນນີ້. ໃຊ້ ES256 PS256 ຫຼື EdDSA; RS256 ມີແຕ່ໃນ standard.",
        "The profile has no such signature algorithm. Use ES256, PS256 or EdDSA; RS256 in profile standard alone.",
    ),
    "token-key.unknown": (
        "ບໍ່ມີກະແຈຊື່ນີ້ ຫຼື ຖືກຍົກເລີກແລ້ວ. ກະລຸນາເບິ່ງ token-key-list.",
        "There is no such key of tokens, or it is retired. See token-key-list.",
    ),
    "token-key.too-soon": (
        "ຍັງໄວເກີນໄປ: ກະແຈໃໝ່ຕ້ອງປະກາດ 2 ຊົ່ວໂມງກ່ອນໃຊ້ ແລະ ກະແຈເກົ່າຕ້ອງຢູ່ອີກ 24 ຊົ່ວໂມງ. ກະລຸນາລໍຖ້າ.",
        "Too soon: a key is announced two hours before it signs, and stays a day after another took its place. Wait.",
    ),
    "token-key.no-next": (
        "ບໍ່ມີກະແຈອື່ນທີ່ຈະເຊັນແທນ. ໃຫ້ --new ພ້ອມທີ່ຢູ່ຂອງກະແຈໃໝ່.",
        "No other key could sign in its stead. Give --new with the address of a new key.",
    ),
    "token-key.done-already": ("ເຮັດແລ້ວ.", "This was done before; nothing is left to do."),
    "token-key.algorithm": (
        "ກະແຈນີ້ໃຊ້ກັບວິທີເຊັນນີ້ບໍ່ໄດ້. ກະລຸນາເລືອກອັນອື່ນ.",
        "The key at this address does not sign with this algorithm. Give another address or algorithm.",
    ),
    "management.not-about-this": (
        "ລາຍເຊັນບໍ່ແມ່ນຂອງການກະທຳນີ້. ກະລຸນາເຮັດຄຳສັ່ງໃໝ່.",
        "The signature is for something else. Give the command again, and sign just this.",
    ),
    "management.not-on-duty": (
        "ຜູ້ນີ້ບໍ່ມີໜ້າທີ່ໃຫ້ເຮັດສິ່ງນີ້. ຕ້ອງແມ່ນເຈົ້າໜ້າທີ່ລົງທະບຽນ ຫຼື ຜູ້ດູແລລະບົບ ທີ່ຢູ່ໃນໜ້າທີ່.",
        "This person has no duty that allows it. Ask a registration officer or system administrator on duty.",
    ),
    "account.claims": (
        "ຂໍ້ມູນບໍ່ຖືກຕ້ອງ: ຕ້ອງເປັນ JSON ທີ່ມີແຕ່ຊື່ມາດຕະຖານ (nickname, website, address ...) ແລະ ຂໍ້ຄວາມສັ້ນ.",
        "Give a JSON object of standard claims (nickname, website, address …), each a short text, and nothing else.",
    ),
    "account.described-meanwhile": (
        "ມີຄົນອື່ນປ່ຽນຂໍ້ມູນນີ້ໃນເວລາດຽວກັນ. ກະລຸນາເຮັດຄຳສັ່ງໃໝ່.",
        "Somebody else entered something at this moment. Give the command again.",
    ),
    "account.person-unknown": (
        "ບໍ່ມີຄົນທີ່ມີເລກນີ້ໃນທະບຽນ. ກະລຸນາກວດເລກ ຫຼື ນຳເຂົ້າລາຍຊື່ກ່ອນ.",
        "The register has no person with this number. Check it, or apply the personnel list first.",
    ),
    "account.exists": (
        "ຄົນນີ້ມີບັນຊີແລ້ວ. ໃຊ້ --renew ເພື່ອໃຫ້ລະຫັດໃໝ່.",
        "This person has an account already. Use --renew to give a new password and secret.",
    ),
    "account.password-length": (
        "ລະຫັດຜ່ານຕ້ອງມີ 8 ຫາ 256 ຕົວອັກສອນ.",
        "A password has 8 to 256 characters. Choose another one.",
    ),
    "account.unknown": (
        "ບໍ່ມີບັນຊີທີ່ເປີດຢູ່ດ້ວຍຊື່ນີ້. ກະລຸນາກວດຊື່.",
        "There is no open account with this name. Check the name.",
    ),
    "account.no-secret": (
        "ບັນຊີນີ້ບໍ່ມີລະຫັດຄັ້ງດຽວ. ໃຊ້ account-add --renew.",
        "This account has no one-time-code secret. Use account-add --renew.",
    ),
    "account.practice-only": (
        "ຄຳສັ່ງນີ້ມີແຕ່ໃນລະບົບຝຶກ.",
        "This works in a practice installation only: in production the code is on the person's phone.",
    ),
}
