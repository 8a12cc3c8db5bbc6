"""What the table says of responses hangs together."""

import pytest

import recordsmith as rs

each_entry = pytest.mark.parametrize("entry", rs.algorithms(), ids=lambda one: one.key)


@each_entry
def test_responses_have_forms_and_fields(entry):
    found = entry.inference
    types = [form.content_type for form in found.forms]
    names = [field.name for field in found.fields]
    assert len(set(types)) == len(types)
    assert len(set(names)) == len(names)
    assert set(found.responses.value) <= set(types)
    for form in found.forms:
        listed = form.content_type in found.responses.value
        assert listed or not form.layout.sure, form.content_type
        named = (form.root, form.columns)
        assert all(one.status == form.layout.status for one in named)
    for field in found.fields:
        assert field.shape_from is None or field.shape_from in names


def test_the_form_of_a_content_type():
    inference = rs.algorithm("image-classification-tensorflow").inference
    plain, verbose = inference.forms
    assert inference.form("application/json") is plain
    assert inference.form("application/json; charset=utf-8") is plain
    assert inference.form("application/json;verbose") is verbose
    assert inference.form("Application/JSON ; verbose=1") is plain
    assert inference.form("text/csv") is None
    assert inference.field("labels").kinds.value == ("texts",)
    assert inference.field("label") is None
