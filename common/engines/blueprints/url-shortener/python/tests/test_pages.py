"""Tests of the pages as a browser without JavaScript uses them."""

from tests.support import ServerCase

TARGET = "https://example.com/a/long/page"


class HomePageTests(ServerCase):
    def create(self, url: str = TARGET, alias: str = "", **headers: str):
        return self.post_form("/", {"url": url, "alias": alias}, **headers)

    def test_an_empty_page_says_so_and_fits_a_phone(self):
        page = self.get("/").page()
        self.assertEqual(page.one("title").text, "<< name >>")
        self.assertIn("width=device-width", page.one("meta", name="viewport").attributes["content"])
        self.assertIn("No links yet", page.one("main").text)
        self.assertEqual(page.one("html").attributes["lang"], "en")
        self.assertEqual(page.one("meta", name="referrer").attributes["content"], "same-origin")

    def test_every_input_has_a_label(self):
        page = self.get("/").page()
        labelled = {label.attributes["for"] for label in page.all("label")}
        self.assertEqual(labelled, {"url", "alias"})
        self.assertEqual({field.attributes["id"] for field in page.all("input")}, labelled)

    def test_the_form_makes_a_link_and_the_page_shows_its_visits(self):
        reply = self.create(alias="sale")
        self.assertEqual((reply.status, reply.headers["location"]), (303, "/?created=sale"))
        page = self.get("/?created=sale").page()
        notice = page.one("div", class_="notice")
        self.assertEqual(notice.one("a").text, f"{self.host}/sale")
        self.assertEqual(notice.one("a").attributes["href"], "/sale")
        self.assertEqual(page.one("p", class_="target").text, TARGET)
        self.assertEqual(page.one("span", class_="hits").text, "0 visits")
        self.get("/sale")
        self.assertEqual(self.get("/").page().one("span", class_="hits").text, "1 visit")

    def test_wrong_input_is_explained_and_kept(self):
        reply = self.create("ftp://example.com/", "sale")
        page = reply.page()
        self.assertEqual(reply.status, 400)
        field = page.one("input", id="url")
        self.assertEqual(field.attributes["value"], "ftp://example.com/")
        self.assertEqual(field.attributes["aria-invalid"], "true")
        self.assertEqual(field.attributes["aria-describedby"], "url-error")
        self.assertIn("must start with http", page.one("p", id="url-error").text)
        self.assertEqual(page.one("input", id="alias").attributes["value"], "sale")
        self.create(alias="sale")
        taken = self.create(alias="sale")
        self.assertEqual(taken.status, 409)
        self.assertEqual(taken.page().one("p", id="alias-error").text, "alias sale is already taken")

    def test_the_delete_button_deletes(self):
        self.create(alias="sale")
        item = self.get("/").page().one("ul", class_="links").one("li")
        form = item.one("form", method="post")
        self.assertEqual(item.one("button").text, "Delete")
        reply = self.post_form(form.attributes["action"], {})
        self.assertEqual((reply.status, reply.headers["location"]), (303, "/?deleted=sale"))
        page = self.get("/?deleted=sale").page()
        self.assertIn("sale” was deleted", page.one("div", class_="notice").text)
        self.assertEqual(page.all("ul", class_="links"), [])

    def test_values_are_shown_as_text(self):
        self.create("https://example.com/?q='a'&b=1", "sale")
        page = self.get("/?deleted=<b>x</b>")
        self.assertNotIn(b"<b>x", page.body)
        self.assertIn("<b>x</b>", page.page().one("div", class_="notice").text)
        target = page.page().one("p", class_="target")
        self.assertEqual(target.text, "https://example.com/?q='a'&b=1")
        wrong = self.create('"><script>alert(1)</script>').page()
        value = wrong.one("input", id="url").attributes["value"]
        self.assertEqual(value, '"><script>alert(1)</script>')

    def test_many_links_are_shown_in_pages(self):
        for number in range(21):
            self.create(alias=f"link-{number}")
        first, second = self.get("/").page(), self.get("/?page=2").page()
        self.assertEqual(len(first.one("ul", class_="links").all("li")), 20)
        self.assertEqual(first.one("a", rel="next").attributes["href"], "/?page=2")
        self.assertEqual(second.one("p", class_="short").text, "/link-0")
        self.assertEqual(self.get("/?page=999").body, self.get("/?page=2").body)

    def test_forms_of_other_sites_are_refused(self):
        for headers in (
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site", "Origin": f"http://{self.host}"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
        ):
            with self.subTest(headers):
                self.assertEqual(self.create(**headers).status, 403)
        self.assertEqual(self.create(alias="own", Origin=f"http://{self.host}").status, 303)
        self.assertEqual(self.create(alias="own-2", Sec_Fetch_Site="same-origin").status, 303)

    def test_the_page_asks_no_other_site(self):
        page = self.get("/").page()
        sources = [item.attributes["src"] for item in page.all("script") + page.all("img")]
        sources += [item.attributes["href"] for item in page.all("link")]
        for source in sources:
            with self.subTest(source):
                self.assertTrue(source.startswith("/static/"))
                self.assertEqual(self.get(source).status, 200)
