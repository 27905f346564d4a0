"""What a visitor chooses stays chosen, whatever the browser sends that is older than the choice."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import linked


def page() -> None:
    import streamlit as st

    from pages.components import address, linked

    address.begin()
    family = linked.segments("family", "Family", {"all": "All", "cam": "CAM", "sampling": "Sampling"}, "all")
    st.button("Show all", on_click=address.put, kwargs={"family": None})
    st.text(family)


@pytest.fixture
def visited() -> Iterator[AppTest]:
    yield AppTest.from_function(page, default_timeout=60).run()


def shown(visited: AppTest) -> str:
    return visited.text[0].value


def told(visited: AppTest) -> bool:
    """Return whether the browser is told what the widget shows, rather than left with what it has."""
    return bool(visited.segmented_control[0].proto.set_value)


def test_a_poll_from_before_the_choice_does_not_take_it_back(visited: AppTest) -> None:
    visited.segmented_control[0].set_value("cam").run()
    assert shown(visited) == "cam" and visited.query_params == {"family": "cam"}
    visited.query_params.clear()  # what the browser still had for the address when it sent this
    visited.run()
    assert shown(visited) == "cam" and visited.query_params == {"family": "cam"}


def test_a_second_choice_sent_before_the_first_was_known_keeps_both() -> None:
    def page() -> None:
        import streamlit as st

        from pages.components import address

        address.begin()
        for name in ("one", "other"):
            st.button(name, on_click=address.put, kwargs={name: "yes"})

    visited = AppTest.from_function(page, default_timeout=60).run()
    visited.button[0].click().run()
    visited.query_params.clear()
    visited.button[1].click().run()
    assert visited.query_params == {"one": "yes", "other": "yes"}


def test_a_choice_taken_back_by_its_visitor_is_taken_back(visited: AppTest) -> None:
    """Would catch an address that is taken for an old one for ever."""
    for choice in ("cam", "all", "cam", "all"):
        visited.segmented_control[0].set_value(choice).run()
        visited.run()
        assert shown(visited) == choice


def test_a_link_to_another_view_of_the_page_is_followed(visited: AppTest) -> None:
    visited.segmented_control[0].set_value("cam").run()
    visited.query_params["family"] = "sampling"
    visited.run()
    assert shown(visited) == "sampling"


def test_a_widget_that_moved_back_for_a_moment_is_no_choice_when_a_fragment_polls() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from pages.components import address

        address.begin()
        address.put(family="cam")
        get_script_run_ctx().fragment_ids_this_run = ["poll"]
        address.put(family="sampling")
        st.text(address.words()["family"])

    assert shown(AppTest.from_function(page, default_timeout=60).run()) == "cam"


def test_a_widget_is_told_what_it_shows_until_its_visitor_moves_it(visited: AppTest) -> None:
    """Told once, it could miss it; told when its visitor may be moving it again, it would move back."""
    assert told(visited.run())
    assert not told(visited.segmented_control[0].set_value("cam").run())
    assert not told(visited.run())
    assert told(visited.button[0].click().run()) and shown(visited) == "all"


def test_a_widget_is_left_alone_once_a_browser_must_have_drawn_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "_DRAWN_AFTER", 0.0)
    visited = AppTest.from_function(page, default_timeout=60).run()
    assert not told(visited.run())
    visited.button[0].click().run()
    assert shown(visited) == "all"
