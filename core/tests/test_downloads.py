from core.downloads import PDF, download


def test_a_private_file_is_saved_and_kept_by_nobody_on_the_way():
    answer = download(b"%PDF", PDF, "picking.pdf")
    assert answer.content == b"%PDF"
    assert answer["Content-Type"] == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="picking.pdf"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
