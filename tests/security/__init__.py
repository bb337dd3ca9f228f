"""Attacks: which test holds which class of real break-in (A–W) and which row of RFC 9700. `TESTS` is read by a test.

Each name is `folder/file::test`, without parameters. A class that is held elsewhere is not tested once more here.
"""

from collections.abc import Mapping

CLASSES: Mapping[str, tuple[str, ...]] = {
    "A redirect matching by pattern": (
        "security/test_redirect_uris::test_the_browser_is_sent_to_the_registered_address_alone",
        "security/test_redirect_uris::test_nor_does_a_service_of_the_state_hand_another_one_in",
        "security/test_redirect_uris::test_a_code_is_redeemed_with_the_very_address_that_it_was_sent_to",
        "idp/test_registration::test_an_address_to_come_back_to_that_is_not_plain_is_refused",
        "idp/test_logout::test_an_address_that_is_not_registered_is_never_gone_to",
    ),
    "B duplicate or client-held parameters": (
        "security/test_parameters::test_a_parameter_that_stands_twice_is_refused_by_page",
        "security/test_parameters::test_nor_is_it_taken_by_an_endpoint_for_services",
        "security/test_parameters::test_no_hidden_field_says_who_asks_for_what",
        "security/test_parameters::test_a_request_that_is_changed_half_way_is_not_the_one_that_is_answered",
        "security/test_parameters::test_beside_the_name_of_a_pushed_request_nothing_counts",
    ),
    "C one-time objects": (
        "security/test_one_time_things::test_a_handle_opens_its_own_place_and_no_other",
        "security/test_one_time_things::test_fifty_at_once_redeem_one_code_and_one_wins",
        "security/test_one_time_things::test_a_code_of_a_service_of_the_state_is_bound_to_client_verifier_and_address",
        "idp/test_client_authentication::test_an_assertion_counts_once_and_the_form_may_name_the_client",
        "idp/test_elsewhere::test_of_many_who_redeem_one_device_code_all_are_told_of_one_redemption",
        "ledger/test_marks::test_a_mark_that_counts_or_just_counted_stays",
    ),
    "D malleable opaque tokens": (
        "security/test_one_time_things::test_a_handle_that_is_bent_in_any_way_is_unknown",
        "idp/test_telling::test_a_handle_that_we_did_not_seal_shows_nothing",
        "security/test_lenient_readers::test_credentials_are_written_in_one_way",
        "security/test_lenient_readers::test_a_scope_is_of_the_signs_of_a_scope",
    ),
    "E flow engine bypass": (
        "idp/test_model::test_no_walk_through_the_pages_ends_in_a_code_without_the_needed_proofs",
        "security/test_walk_strict::test_no_walk_ends_in_a_code_without_the_needed_proofs",
        "security/test_walk_strict::test_a_password_alone_is_never_enough_for_a_service_of_the_state",
    ),
    "F session fixation, wrong user": (
        "security/test_browsers::test_each_sign_in_gives_a_handle_that_nobody_had_before",
        "security/test_browsers::test_a_handle_that_an_attacker_planted_is_not_the_one_that_is_signed_in",
        "security/test_browsers::test_who_comes_second_with_cookies_half_lost_is_himself",
        "security/test_browsers::test_a_step_of_one_person_is_not_ended_by_another",
        "idp/test_telling::test_who_comes_after_or_later_on_a_shared_machine_reads_nothing",
        "idp/test_sign_in::test_a_step_is_bound_to_the_browser_in_which_it_began",
    ),
    "G switched-off things still work": (
        "security/test_switched_off::test_what_is_switched_off_opens_nothing_within_a_second",
        "security/test_switched_off::test_nothing_is_refused_that_was_not_switched_off",
        "idp/test_agreements::test_a_lapsed_agreement_stops_every_endpoint_at_once",
        "idp/test_certificate_sign_in::test_a_session_dies_with_the_certificate_that_began_it",
        "idp/test_certificate_sign_in::test_a_certificate_is_lost_with_its_ca_before_its_own_end_is_entered",
        "idp/test_what_a_client_became::test_what_was_taken_away_is_not_read_in_a_token_either",
        "idp/test_token_exchange::test_a_token_dies_with_the_session_a_service_or_the_person",
        "idp/test_key_emergency::test_the_announced_key_signs_at_once_and_what_the_other_signed_counts_nowhere",
    ),
    "H revocation that a restart undoes": (
        "security/test_switched_off::test_what_is_switched_off_opens_nothing_within_a_second",
        "idp/test_key_schedule::test_a_key_that_was_made_just_before_a_crash_is_the_one_that_is_announced",
    ),
    "I throttle bypass": (
        "idp/test_throttle::test_fifty_parallel_guesses_under_five_names_have_ten_tries",
        "idp/test_throttle::test_guesses_of_the_code_come_out_of_the_same_budget",
        "idp/test_elsewhere::test_who_guesses_codes_runs_out_of_tries",
        "idp/test_elsewhere::test_who_keeps_hammering_is_served_no_more_not_even_when_the_person_agrees",
    ),
    "J host and forwarded headers": (
        "security/test_hosts_and_paths::test_no_header_changes_what_we_say_we_are",
        "security/test_hosts_and_paths::test_a_certificate_in_a_header_is_nobodys",
        "security/test_hosts_and_paths::test_a_letter_names_our_own_address_whatever_the_request_said",
    ),
    "K delegated admin, IDOR": (
        "idp/test_own_sessions::test_nobody_ends_the_session_of_another_person",
        "idp/test_consents_end::test_nobody_sees_or_changes_consents_without_a_session",
        "idp/test_elsewhere::test_nobody_answers_by_the_id_of_a_request_what_was_not_shown_to_him",
        "idp/test_registration::test_nobody_manages_another_registration",
        "idp/test_management::test_without_the_duty_nothing_is_done_and_the_attempt_is_entered",
        "architecture/test_routes::test_a_view_names_its_guard",
    ),
    "L secrets in responses": (
        "security/test_secrets_and_markup::test_no_secret_is_in_a_log_a_page_or_the_database",
    ),
    "M code or mappers in configuration": (
        "idp/test_own_claims::test_no_claim_that_can_be_asked_for_is_one_of_the_tokens_own",
        "idp/test_own_claims::test_what_is_the_registers_or_ours_cannot_be_said",
    ),
    "N script injection": (
        "security/test_secrets_and_markup::test_what_is_sent_to_a_page_is_never_markup_there",
        "security/test_secrets_and_markup::test_nor_on_any_other_page",
        "security/test_secrets_and_markup::test_the_stored_name_of_a_service_is_text_wherever_it_is_shown",
    ),
    "O SSRF": (
        "web/test_relying_party::test_an_address_outside_the_networks_is_refused",
        "web/test_relying_party::test_a_redirect_is_not_followed",
        "web/test_relying_party::test_an_ipv4_address_dressed_as_ipv6_is_judged_as_what_it_is",
        "idp/test_fetching::test_no_more_than_a_few_wait_for_all_addresses_together",
    ),
    "P JOSE verification": (
        "security/test_forged_tokens::test_no_forgery_of_a_token_of_ours_opens_anything",
        "security/test_forged_tokens::test_no_forgery_of_a_clients_assertion_speaks_for_it",
        "security/test_forged_tokens::test_a_token_of_one_kind_is_none_of_another",
        "security/test_forged_tokens::test_what_our_own_key_signed_with_other_claims_is_dead",
        "pki/test_jws::test_headers_that_bring_keys_or_ask_for_more_are_refused",
        "security/test_strange_values::test_a_header_of_strange_members_is_of_no_key",
        "security/test_strange_values::test_a_proof_of_strange_members_proves_nothing",
        "security/test_lenient_readers::test_a_proof_names_the_address_as_it_is",
    ),
    "Q injection": (
        "idp/test_tokens::test_octets_that_a_database_does_not_take_are_a_refusal_and_no_fault",
        "ca/test_search::test_a_cursor_that_is_none_is_refused",
        "security/test_strange_values::test_a_request_of_strange_members_is_taken_or_refused",
        "security/test_strange_values::test_a_device_that_counts_in_words_is_refused",
        "security/test_strange_values::test_a_registration_of_strange_members_is_taken_or_refused",
        "security/test_schemathesis::test_nothing_breaks_and_all_is_as_the_document_says",
    ),
    "R enumeration": (
        "security/test_enumeration::test_a_known_a_stopped_and_an_unknown_name_look_and_cost_the_same",
        "security/test_enumeration::test_after_the_last_try_a_known_and_an_unknown_name_are_locked_alike",
        "security/test_enumeration::test_an_unknown_client_and_a_wrong_secret_read_the_same",
    ),
    "S self-asserted verified": (
        "idp/test_own_claims::test_what_is_the_registers_or_ours_cannot_be_said",
        "idp/test_own_claims::test_nobody_without_a_duty_enters_it_and_nobody_without_an_account_has_it",
    ),
    "T memory exhaustion": (
        "security/test_forged_tokens::test_an_assertion_that_would_have_to_be_remembered_for_long_is_refused",
        "idp/test_factors::test_many_hashes_at_once_take_turns_and_all_come_to_an_end",
        "idp/test_factors::test_a_verifier_that_is_damaged_or_too_dear_lets_nobody_in",
        "ledger/test_marks::test_marks_that_are_long_past_go_in_batches_the_oldest_first",
    ),
    "U recycled ids": (
        "security/test_names_come_once::test_a_service_that_is_registered_again_inherits_nothing",
        "security/test_names_come_once::test_a_session_that_is_over_gives_its_name_to_no_other",
    ),
    "V path tricks": (
        "security/test_hosts_and_paths::test_a_path_that_others_read_otherwise_is_no_page",
        "deploy/test_gunicorn::test_a_hostile_path_reaches_the_house_as_it_was_sent",
        "web/test_limits::test_a_hostile_path_is_refused_before_any_route",
    ),
    "W TLS settings ignored": (
        "deploy/test_gunicorn::test_tls_is_no_older_than_1_2_and_has_the_advised_suites_alone",
        "deploy/test_gunicorn::test_a_strangers_certificate_ends_the_handshake",
    ),
}

RFC_9700: Mapping[str, tuple[str, ...]] = {
    "2.1, 4.1 exact redirect URIs": CLASSES["A redirect matching by pattern"][:1],
    "2.1, 4.7 CSRF": (
        "security/test_parameters::test_a_service_of_the_state_cannot_do_without_pkce_nor_weaken_it",
        "idp/test_sign_in::test_a_form_from_elsewhere_is_not_taken",
    ),
    "2.1, 4.4 mix-up": ("idp/test_walk::test_a_refused_consent_is_told_to_the_service",
                        "idp/test_pushed::test_a_signed_answer_has_our_name_inside_alone"),
    "2.1, 4.11 open redirectors": ("security/test_redirect_uris::test_no_page_of_a_refusal_leads_there",),
    "2.1, 4.12 no 307": ("security/test_answers::test_after_a_form_the_browser_is_sent_on_without_it",),
    "2.1.1, 4.5, 4.8 code injection": (
        "idp/test_walk::test_a_wrong_verifier_a_foreign_client_and_an_old_code_are_refused",
        "security/test_parameters::test_a_service_of_the_state_cannot_do_without_pkce_nor_weaken_it",
        "security/test_answers::test_a_verifier_without_a_challenge_is_a_downgrade",
    ),
    "2.1.2 no implicit": ("idp/test_authorize::test_discovery_says_what_is_done_and_no_more",),
    "2.2.1, 4.10 sender-constrained": (
        "idp/test_pushed::test_tokens_of_a_strict_service_need_a_proof_with_our_nonce_and_count_with_its_key_alone",
        "idp/test_pushed::test_userinfo_takes_a_bound_token_only_with_a_fresh_proof_of_its_key",
        "idp/test_mutual_tls::test_a_service_without_secrets_gets_tokens_that_count_with_its_certificate_alone",
    ),
    "2.2.2, 4.14 refresh tokens": (
        "idp/test_walk::test_a_refresh_token_gives_the_next_and_when_it_comes_back_late_the_grant_ends",
        "idp/test_pushed::test_a_strict_refresh_token_stays_and_needs_the_client",
    ),
    "2.3 audience": ("idp/test_pushed::test_a_token_for_another_service_is_not_for_us",),
    "2.4 no password grant": (
        "idp/test_walk::test_a_missing_grant_type_is_a_missing_parameter_and_a_strange_one_is_unsupported",
    ),
    "2.5 client authentication": (
        "idp/test_pushed::test_a_service_of_the_state_hands_its_request_in_and_shows_a_key",
        "idp/test_client_authentication::test_an_assertion_by_another_key_or_one_that_brings_its_own_is_refused",
    ),
    "2.6, 4.15 names of clients": (
        "security/test_names_come_once::test_a_service_that_is_registered_again_inherits_nothing",
        "security/test_answers::test_no_page_of_another_origin_reads_what_people_are_asked",
    ),
    "4.2, 4.3 referrer and history": (
        "web/test_headers::test_every_page_is_kept_from_caches_frames_sniffing_and_referrers",
        "idp/test_tokens::test_a_token_is_taken_from_header_or_form_and_never_from_the_address",
    ),
    "4.6, 4.9 token injection": (
        "security/test_forged_tokens::test_what_our_own_key_signed_with_other_claims_is_dead",
        "security/test_forged_tokens::test_a_token_of_one_kind_is_none_of_another",
    ),
    "4.13 proxies": CLASSES["J host and forwarded headers"],
    "4.16 clickjacking": ("web/test_headers::test_every_page_is_kept_from_caches_frames_sniffing_and_referrers",),
    "4.17 in-browser messaging": ("security/test_answers::test_no_page_has_a_script_that_could_send_a_message",),
    "update: audience of assertions": (
        "idp/test_client_authentication::test_an_assertion_that_lacks_what_the_strict_profile_demands_is_refused",
    ),
    "RFC 9470 step-up": (
        "security/test_step_up::test_who_showed_a_password_alone_is_asked_for_the_rest_when_a_service_wants_more",
        "security/test_step_up::test_more_is_never_given_without_being_shown",
        "security/test_step_up::test_what_was_shown_too_long_ago_is_shown_again_and_the_token_says_when",
    ),
}
TESTS: Mapping[str, tuple[str, ...]] = {**CLASSES, **RFC_9700}
