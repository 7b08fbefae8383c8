"""The web app for people: pages in one shell, thin over what every face calls.

Every page is whole HTML that can be read without JavaScript; `static/app.js` swaps parts of it in
place, moves by keys and shows live previews.
"""
