"""`python -m local.translations`: compiles locale/*.po, without gettext's programs.

The compiled files are not kept in the repository.
"""

from local.paths import ROOT


def translations_compile() -> None:
    """Compile every catalogue that changed since it was compiled last."""
    for source in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as text:
            catalogue = read_po(text)
        fresh = target.with_suffix(".new")
        with fresh.open("wb") as out:
            write_mo(out, catalogue)
        fresh.replace(target)


if __name__ == "__main__":
    translations_compile()
