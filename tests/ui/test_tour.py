"""The page Tour as a visitor meets it, on NumPy networks: every number in its texts is computed here once more."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.tour.stations import STATIONS
from tests import asking
from tests.ui.conftest import directly, opened, settle, shown
from tests.ui.networks import Bench
from xai_core import tour
from xai_core.i18n.formatting import share
from xai_core.maps import masking
from xai_core.maps.agreement import strength_agreement
from xai_core.maps.location import share_of_strongest, where_strongest
from xai_core.photos.decoding import from_pixels
from xai_core.types import ImageInput, Prediction

Visit = Callable[..., AppTest]
SURE, TWO, AREAS, PATCHES, PIXELS, DISAGREE, UNTRAINED, NO_DOG, TEST = range(1, 10)


@pytest.fixture
def visit(bench: Bench) -> Visit:
    """Open the page directly, as a link does, with the given words in its address."""

    def open_page(*, wait: bool = True, **address: str) -> AppTest:
        return opened(directly("tour"), address, wait=wait)

    return open_page


def texts(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown)


def answer(bench: Bench, image: ImageInput, network: str = "first") -> Prediction:
    return asking.predict(bench.workbench, network, image)


def top(bench: Bench, name: str) -> int:
    return answer(bench, tour.photo(name)).top(1)[0]


def test_a_cold_visit_is_at_the_first_station_with_what_the_network_says(visit: Visit, bench: Bench) -> None:
    """Catches a first screen that waits for clicks, and shares of another photo or another breed."""
    page = visit()
    assert not page.exception and not page.error and not page.warning
    assert "**1** of 9" in texts(page)
    says = answer(bench, tour.photo(tour.DOG))
    first, second = says.top(2)
    named = f"{says.labels[first].english} with {share(float(says.probabilities[first]))}"
    assert f"First comes {named}, then {says.labels[second].english}" in texts(page)
    assert page.button(key="step-back").disabled


def test_the_way_leads_through_all_stations_and_back(visit: Visit) -> None:
    """Catches a station that fails, that keeps its visitor waiting, or whose pictures say nothing to who cannot see."""
    page = visit()
    for place in range(1, len(STATIONS) + 1):
        assert not page.exception and not page.error, place
        assert "on their way" not in texts(page)
        assert STATIONS[place - 1].title in [header.value for header in page.header]
        assert all(image.proto.imgs[0].alt for image in page.image)
        if place < len(STATIONS):
            settle(page.button(key="step-next").click().run())
            assert shown(page, "stop") == str(place + 1)
    assert page.button(key="step-next").disabled
    page.button(key="step-back").click().run()
    assert shown(page, "stop") == str(len(STATIONS) - 1)


def test_nonsense_in_the_address_begins_at_the_first_station(visit: Visit) -> None:
    """Catches a station that does not exist and fails the page."""
    for stop in ("0", "99", "<script>"):
        page = visit(stop=stop)
        assert not page.exception
        assert "**1** of 9" in texts(page)


def test_a_network_that_agrees_with_the_other_is_not_said_to_differ(visit: Visit, bench: Bench) -> None:
    """Catches a text that claims a difference whatever the networks answer."""
    says = [answer(bench, tour.photo(tour.BUSY), network) for network in ("first", "second")]
    page = visit(stop=str(TWO))
    same = says[0].top(1) == says[1].top(1)
    assert ("Both say" in texts(page)) == same
    assert ("different dogs" in texts(page)) != same
    for one in says:
        assert share(float(one.probabilities[one.top(1)[0]])) in texts(page)


def test_what_is_said_of_the_areas_is_true_of_the_map(visit: Visit, bench: Bench) -> None:
    """Catches a place or a share that is another map's."""
    page = visit(stop=str(AREAS))
    target = top(bench, tour.DOG)
    values = asking.explain(bench.workbench, "first", tour.photo(tour.DOG), target, tour.AREAS).values
    place = where_strongest(values)
    if place is None:
        assert "the map is empty" in texts(page)
    else:
        assert f"most of all {place}" in texts(page)
        assert f"holds {share(share_of_strongest(values))} of it" in texts(page)
        assert f"only {values.shape[0]} x {values.shape[1]} fields" in texts(page)


def test_the_agreement_is_that_of_the_maps_beside_it(visit: Visit, bench: Bench) -> None:
    """Catches an agreement of other maps than those shown."""
    image, target = tour.photo(tour.BUSY), top(bench, tour.BUSY)
    both = [asking.explain(bench.workbench, "first", image, target, one).values for one in (tour.AREAS, tour.PIXELS)]
    assert f"order only to {strength_agreement(*both):.2f}" in texts(visit(stop=str(DISAGREE)))


def test_the_drawing_is_compared_with_that_of_random_weights(visit: Visit, bench: Bench) -> None:
    """Catches the trained network's map drawn twice."""
    image, target = tour.photo(tour.DOG), top(bench, tour.DOG)
    both = [
        asking.explain(bench.workbench, key, image, target, tour.DRAWING).values for key in ("first", "first~random")
    ]
    assert f"agree to {strength_agreement(*both):.2f}" in texts(visit(stop=str(UNTRAINED)))


@pytest.mark.parametrize(("familiar", "words"), [(True, "is mistaken"), (False, "unlike those it learned from")])
def test_a_cat_is_said_to_be_noticed_only_where_it_is(visit: Visit, bench: Bench, familiar: bool, words: str) -> None:
    """Catches a text that claims a check succeeded when it did not."""
    bench.networks["first"].familiar = familiar
    assert words in texts(visit(stop=str(NO_DOG)))


def test_the_map_passes_its_test_only_where_the_share_falls(visit: Visit, bench: Bench) -> None:
    """Catches shares of other photos than those drawn, and a map that passes whatever happens."""
    image, target = tour.photo(tour.DOG), top(bench, tour.DOG)
    values = asking.explain(bench.workbench, "first", image, target, tour.AREAS).values
    before, strongest, weakest = (
        float(answer(bench, one).probabilities[target])
        for one in (
            image,
            from_pixels(masking.blur_strongest(image.pixels, values), "strongest"),
            from_pixels(masking.blur_weakest(image.pixels, values), "weakest"),
        )
    )
    said = texts(visit(stop=str(TEST)))
    assert f"from {share(before)} to {share(strongest)}; with" in said
    assert f"blurred, to {share(weakest)}." in said
    assert ("The map has passed." in said) == (strongest < min(weakest, before))


def test_all_that_the_tour_asks_is_computed_ahead(visit: Visit, bench: Bench) -> None:
    """Catches a live tour whose audience waits for a map."""
    for job in tour.ahead(bench.workbench):
        job.result(120)
    computed: list[str] = []
    for network in (*bench.networks.values(), *bench._untrained.values()):
        ask = network.logits
        network.logits = lambda *args, ask=ask, key=network.spec.key, **more: (
            computed.append(key),
            ask(*args, **more),
        )[1]
        network.gradients = network.layer_gradients = network.logits
    for place in range(1, len(STATIONS) + 1):
        page = visit(stop=str(place))
        assert not page.error, place
    assert computed == []


def test_presenting_hides_what_controls_and_can_be_left(visit: Visit) -> None:
    """Catches controls on the wall, and a presentation that loses its station when it ends."""
    page = visit(stop="2")
    assert page.title and "step-leave" not in {button.key for button in page.button}
    page.button(key="present").click().run()
    assert shown(page, "present") == "yes"
    assert not page.title and "present" not in {button.key for button in page.button}
    settle(page.button(key="step-next").click().run())
    assert (shown(page, "stop"), shown(page, "present")) == ("3", "yes")
    page.button(key="step-leave").click().run()
    assert shown(page, "present") is None and shown(page, "stop") == "3"
