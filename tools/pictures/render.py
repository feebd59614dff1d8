"""`render.py OUTPUT [NAME …]`: renders the pictures (all, or those named) as WebP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bpy
import farm
import kit
import pottery

PICTURES = {**farm.PICTURES, **pottery.PICTURES}


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or PICTURES:
        PICTURES[name]()
        bpy.context.scene.render.image_settings.file_format = "WEBP"
        bpy.context.scene.render.image_settings.quality = 84
        kit.render(out / name.replace("_", "-"))
        print("rendered", name, flush=True)


main()
