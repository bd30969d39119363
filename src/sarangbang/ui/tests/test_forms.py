"""Forms keep what was typed, refuse what cannot be meant, and say so beside the field."""

import pytest
from django import forms
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from sarangbang.ui import fields, locales
from sarangbang.ui.forms import KEEP, RoomForm, bind, is_submission
from sarangbang.ui.showcase import GuestForm


class WishForm(RoomForm):
    name = fields.NameField(label="Name")
    tongues = forms.MultipleChoiceField(choices=[("ko", "ko"), ("ar", "ar")], widget=forms.CheckboxSelectMultiple)
    walks = forms.BooleanField(label="Walks", required=False)
    arrives = fields.DayField(label="Arrives")
    when = forms.SplitDateTimeField(label="When", required=False)


TYPED = {
    "name": "Батбаяр Сарнай",
    "tongues": ["ko", "ar"],
    "walks": "on",
    "arrives": "2026-13-45",
    "when_0": "2026-12-08",
    "when_1": "ab",
}


def test_given_a_form_when_it_is_opened_then_it_is_fresh(rf):
    form = bind(WishForm, rf.get("/en/"), initial={"name": "Сарнай"})
    assert not form.is_bound
    assert form["name"].value() == "Сарнай"


def test_given_a_form_when_it_is_sent_then_it_is_checked_and_keeps_the_input(rf):
    request = rf.post("/en/", TYPED)
    form = bind(WishForm, request)
    assert is_submission(request)
    assert not form.is_valid()
    assert "2026-13-45" in str(form)


def test_given_a_half_filled_form_when_the_language_changes_then_nothing_typed_is_lost_or_blamed(rf):
    request = rf.post("/ar/", {**TYPED, KEEP: "1"})
    form = bind(WishForm, request)
    assert not is_submission(request)
    assert not form.is_bound
    html = str(form)
    assert "error" not in html
    assert "Батбаяр Сарнай" in html
    assert html.count("checked") == 3
    assert "2026-13-45" in html
    assert 'value="ab"' in html


def test_given_a_search_when_its_address_holds_a_field_then_it_is_bound(rf):
    assert not bind(WishForm, rf.get("/en/?page=2"), method="get").is_bound
    assert bind(WishForm, rf.get("/en/?name=x"), method="get").is_bound


@pytest.mark.parametrize("bad", ["a\x00b", "a\x07b", "a\u202eb", "a\ud800b", "a\nb"])
@pytest.mark.parametrize("field", [fields.PlainCharField, fields.NameField, fields.EmailField, fields.CodeField])
def test_characters_nobody_can_see_are_refused_in_words(field, bad):
    with pytest.raises(forms.ValidationError) as refused:
        field().clean(bad)
    assert refused.value.code == "unprintable"


def test_joiners_that_scripts_need_are_kept():
    assert fields.NameField().clean("می\u200cخواهم") == "می\u200cخواهم"


def test_too_long_is_refused_and_composed_letters_are_one():
    with pytest.raises(forms.ValidationError):
        fields.NameField().clean("a" * 121)
    assert fields.NameField().clean("  Nguye\u0302\u0303n   Lan ") == "Nguyễn Lan"


@pytest.mark.parametrize("name", ["12", "—", "…"])
def test_a_name_has_a_letter(name):
    with pytest.raises(forms.ValidationError):
        fields.NameField().clean(name)


def test_a_latin_name_is_latin():
    assert fields.LatinNameField().clean("O'Brien-Nguyễn, J.") == "O'Brien-Nguyễn, J."
    with pytest.raises(forms.ValidationError):
        fields.LatinNameField().clean("Сарнай")


def test_codes_are_understood_as_people_type_them():
    assert fields.CodeField().clean(" 123 456 ") == "123456"
    assert fields.CodeField().clean("١٢٣-٤٥٦") == "123456"


def test_a_phone_number_needs_its_country():
    assert str(fields.PhoneField().clean("+976 9911 2345")) == "+97699112345"
    for bad in ("99112345", "+976\x00", "9" * 300, "hello"):
        with pytest.raises(forms.ValidationError):
            fields.PhoneField().clean(bad)


def test_any_real_zone_is_accepted_and_nothing_else():
    assert fields.ZoneField().clean("Asia/Ulaanbaatar") == "Asia/Ulaanbaatar"
    assert fields.ZoneField().clean("Asia/Hovd") == "Asia/Hovd"
    with pytest.raises(forms.ValidationError):
        fields.ZoneField().clean("../../etc/passwd")


def test_a_chosen_zone_is_left_alone_by_the_script_even_if_it_is_rare():
    class ZoneForm(RoomForm):
        zone = fields.ZoneField()

    html = str(ZoneForm({"zone": "Asia/Hovd"}))
    assert 'data-fill-zone="kept"' in html
    assert '<option value="Asia/Hovd" selected' in html
    assert 'data-fill-zone=""' in str(ZoneForm())


@settings(max_examples=40)  # each draws a form with every zone of the world
@given(text=st.text(max_size=300))
def test_any_text_is_cleaned_or_refused_and_can_be_shown_again(text):
    class AnyForm(RoomForm):
        line = fields.PlainCharField()
        lines = fields.TextField()
        name = fields.NameField()
        mail = fields.EmailField()
        phone = fields.PhoneField()
        day = fields.DayField()
        clock = fields.ClockField()
        code = fields.CodeField()
        zone = fields.ZoneField()
        count = fields.WholeNumberField(min_value=0, max_value=9)

    form = AnyForm(dict.fromkeys(AnyForm.base_fields, text))
    form.is_valid()
    str(form).encode()
    for value in form.cleaned_data.values():
        assert "\x00" not in str(value)


def test_a_field_that_is_wrong_says_so_to_eyes_and_screen_readers():
    html = str(GuestForm({"name": "12"})["name"].as_field_group())
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html
    assert 'dir="auto"' in html
    assert 'autocomplete="name"' in html


def test_the_summary_leads_to_each_field_and_to_the_first_choice_of_a_group():
    html = str(GuestForm({"name": "12"}))
    assert 'href="#id_name"' in html
    assert 'href="#id_wish_0"' in html


def test_latin_phones_and_mail_run_left_to_right_in_arabic():
    with translation.override("ar"):
        form = GuestForm()
        for name in ("name_latin", "email", "phone", "arrives", "code"):
            assert 'dir="ltr"' in str(form[name])
        assert "منغوليا" in str(form["nationality"])
        assert form["spoken"].value() == "ar"


@pytest.mark.parametrize("code", [each.code for each in locales.LANGUAGES])
def test_countries_are_listed_in_the_readers_language(code):
    with translation.override(code):
        assert locales.country("MN", code) in str(GuestForm()["nationality"])
