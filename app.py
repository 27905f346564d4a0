"""SeeSpot, what a CNN saw in a dog photo: `streamlit run app.py`. Runs the page that the address asks for."""

from pages.components.shell import address
from pages.components.shell.navigation import navigation

address.begin()
navigation().run()
