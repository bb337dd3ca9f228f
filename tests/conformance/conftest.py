"""Every test of this folder runs against each provider: ours, and a certified one that shows the test to be right.

With LAOTRUST_CONFORMANCE=<path of a demo.json> they run against that running installation alone.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance import certified
from tests.conformance.description import Provider, read
from tests.conformance.listener import Listener, listening
from tests.conformance.modules import OURS, PEER
from tests.conformance.ours import our_provider
from tests.conformance.relying import Relying
from tests.conformance.ripening import Ripening, ripen
from tests.conformance.strict import SIGNING, Strict
from tests.conformance.visitor import Visitor

__all__ = ["our_provider"]
_OUTSIDE = os.environ.get("LAOTRUST_CONFORMANCE")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "module(name, *needs): the module of the OpenID Foundation's plans that it is")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if marked := item.get_closest_marker("module"):
            item.extra_keyword_matches.add(marked.args[0])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "provider" in metafunc.fixturenames:
        metafunc.parametrize("provider", [OURS] if _OUTSIDE else [OURS, PEER], indirect=True, scope="session")


@pytest.fixture(scope="session")
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    if _OUTSIDE:
        yield read(Path(_OUTSIDE), exemplary=True)
        return
    if request.param == OURS:
        yield request.getfixturevalue("our_provider")
        return
    with ExitStack() as stack:
        yield read(certified.start(tmp_path_factory.mktemp("peer"), stack), exemplary=False)


@pytest.fixture(scope="session")
def signed_in(provider: Provider) -> Visitor:
    """A browser in which one person is signed in from the first question on."""
    return Visitor(provider)


@pytest.fixture(scope="session")
def ripening(provider: Provider, listener: Listener) -> Ripening:
    """What lies from the provider's first test on until the last look at it."""
    return ripen(provider, listener)


@pytest.fixture(scope="session")
def listener(provider: Provider) -> Iterator[Listener]:
    """Where services of the tests are reached by the provider."""
    with listening(provider) as found:
        yield found


@pytest.fixture(autouse=True)
def _announced(request: pytest.FixtureRequest) -> None:
    """Skips what the provider does not announce; marks what it is known to fail."""
    marked = request.node.get_closest_marker("module")
    if marked is None:
        return
    provider: Provider = request.getfixturevalue("provider")
    missing = [need for need in marked.args[1:] if not provider.announces(need)]
    if missing:
        pytest.skip(f"discovery does not announce {', '.join(missing)}")
    request.getfixturevalue("ripening")
    who = "ours" if provider.exemplary else "peer"
    style = request.node.callspec.params.get("style", "").replace("-", "_")
    known = marked.kwargs.get(who) or marked.kwargs.get(f"{who}_{style}")
    if known:
        request.applymarker(pytest.mark.xfail(strict=True, reason=known))


@pytest.fixture(params=["query", "form_post"])
def relying(request: pytest.FixtureRequest, provider: Provider, _announced: None) -> Relying:
    """A client of profile `standard`, by the plan Basic and by the plan Form Post."""
    if request.param == "form_post" and not provider.announces("response_modes_supported:form_post"):
        pytest.skip("discovery does not announce response_modes_supported:form_post")
    return Relying(provider, provider.of("standard"), mode=request.param)


@pytest.fixture
def plain(provider: Provider, _announced: None) -> Relying:
    """A client of profile `standard`, whose answers come in the query."""
    return Relying(provider, provider.of("standard"))


@pytest.fixture
def other(provider: Provider) -> Relying:
    """The second client of profile `standard`."""
    return Relying(provider, provider.of("standard", 1))


@pytest.fixture
def visitor(provider: Provider) -> Visitor:
    """A browser that nobody knows."""
    return Visitor(provider)


def _strict(provider: Provider, style: str, number: int = 0) -> Strict:
    signs = style == "message-signing"
    if signs and (missing := [need for need in SIGNING if not provider.announces(need)]):
        pytest.skip(f"discovery does not announce {', '.join(missing)}")
    return Strict(provider, provider.of("fapi2", number), signs=signs)


@pytest.fixture(params=["security-profile", "message-signing"])
def style(request: pytest.FixtureRequest) -> str:
    """By the plan FAPI 2.0 Security Profile, and by the plan FAPI 2.0 Message Signing."""
    return str(request.param)


@pytest.fixture
def strict(provider: Provider, style: str, _announced: None) -> Strict:
    """A client of profile `fapi2`."""
    return _strict(provider, style)


@pytest.fixture
def second(provider: Provider, style: str, _announced: None) -> Strict:
    """The second client of profile `fapi2`."""
    return _strict(provider, style, 1)
