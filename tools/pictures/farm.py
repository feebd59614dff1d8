"""Goods of the date farm."""

import math
import random

import bpy
import kit
from kit import box, camera, carpet, copies, heap, lathe, lump, material, reset, tube, vessel

BOWL = [(0.42, 0.0), (0.5, 0.03), (0.95, 0.28), (1.22, 0.62), (1.3, 0.86)]
PLATE = [(0.7, 0.0), (0.8, 0.03), (1.35, 0.12), (1.62, 0.22)]


def clay(color=(0.32, 0.21, 0.14)):
    return material(
        "clay", color, rough=0.6, coat=0.25, second=tuple(c * 0.7 for c in color), bump=0.15
    )


def cloth(color=(0.62, 0.52, 0.40)):
    thing = box(
        (3.6, 3.0, 0.02),
        (0.25, 0.1, 0.01),
        material("cloth", color, rough=1.0, bump=0.6, bump_scale=160),
        0.01,
        0.28,
    )
    return thing


def jujubes(dry=True, ripe=(0.16, 0.012, 0.008)):
    """A few dates of different faces."""
    second = (0.30, 0.035, 0.015) if dry else (0.52, 0.46, 0.10)
    skin = material(
        "date", ripe, rough=0.33, coat=0.35, second=second, scale=2.2, sss=0.12, contrast=0.4
    )
    models = []
    for n in range(4):
        thing = lump(
            0.2,
            (1, 1, 1.36),
            skin,
            wrinkle=0.085 if dry else 0.01,
            size=0.14 + 0.02 * n,
            fine=0.03 if dry else 0,
        )
        stem = thing.modifiers[0] if thing.modifiers else None
        if stem:
            stem.texture.noise_depth = 2 + n % 3
        models.append(thing)
    return models


def filled(models, unit, bowl=BOWL, surface=None, dome=0.55, lie=True, radius=1.16, floor=0.62):
    vessel(bowl, surface or clay())
    count, place = heap(min(radius, 1.16 - unit * 0.6), dome, unit, floor=floor, lie=lie)
    copies(models, count, place)


def dates():
    reset(3, (0.74, 0.58, 0.42))
    cloth()
    filled(jujubes(), 0.3)
    models = jujubes()
    spots = [(-1.35, -0.85), (-1.0, -1.15), (1.3, -0.95), (1.62, -0.55), (-1.7, -0.4)]
    copies(
        models, 5, lambda i: ((*spots[i], 0.2), (1.5, random.random(), random.random() * 6), 1.0)
    )
    camera((0, -5.0, 3.0), (0, -0.1, 0.6))


def dates_gift():
    reset(5, (0.55, 0.16, 0.10))
    paper = material("paper", (0.42, 0.02, 0.02), rough=0.55, bump=0.2, bump_scale=80)
    gold = material("gold", (0.83, 0.58, 0.22), rough=0.25, metal=1.0)
    inside = material("inside", (0.86, 0.77, 0.62), rough=0.9)
    box((2.5, 1.7, 0.1), (0, 0, 0.05), paper)
    for x, y, w, d in (
        (0, 0.85, 2.5, 0.08),
        (0, -0.85, 2.5, 0.08),
        (-1.21, 0, 0.08, 1.7),
        (1.21, 0, 0.08, 1.7),
        (0, 0, 0.05, 1.6),
    ):
        box(
            (w, d, 0.5),
            (x, y, 0.3),
            paper if d < 0.1 and w > 1 or w < 0.1 and abs(x) > 1 else inside,
            0.015,
        )
    models = jujubes()
    rows = [
        (-1.0 + 0.31 * i + (0.1 if i > 3 else -0.05), -0.62 + 0.42 * j)
        for i in range(7)
        for j in range(4)
    ]
    copies(
        models,
        len(rows),
        lambda i: ((*rows[i], 0.33), (1.45, 0.1 * random.random(), 0.4 * random.random()), 0.88),
    )
    box((2.5, 1.7, 0.12), (0.1, 1.45, 0.95), paper, 0.03).rotation_euler = (1.25, 0, 0)
    lathe(
        [(0.001, 0), (0.36, 0), (0.36, 0.02), (0.001, 0.02)], gold, at=(0.1, 1.36, 1.0), levels=0
    ).rotation_euler = (1.25 + 0, 0, 0)
    camera((0.5, -5.2, 3.4), (0.05, 0.25, 0.45))


def dates_fresh():
    reset(8, (0.60, 0.66, 0.48))
    cloth((0.78, 0.76, 0.68))
    skin = jujubes(dry=False, ripe=(0.36, 0.05, 0.02))
    filled(skin, 0.32, surface=material("white", (0.85, 0.84, 0.80), rough=0.2, coat=0.6))
    camera((0.2, -5.0, 2.9), (0, -0.1, 0.65))


def walnut_models():
    shell = material(
        "shell",
        (0.40, 0.24, 0.12),
        rough=0.65,
        second=(0.56, 0.38, 0.21),
        scale=3,
        bump=0.9,
        bump_scale=9,
    )
    return [
        lump(0.24, (1, 0.94, 1.1), shell, wrinkle=0.075, size=0.09 + 0.015 * n, fine=0.04)
        for n in range(3)
    ]


def walnuts():
    reset(9, (0.66, 0.60, 0.52))
    cloth((0.42, 0.36, 0.30))
    filled(walnut_models(), 0.4, surface=clay((0.16, 0.15, 0.14)), dome=0.6)
    camera((-0.3, -5.0, 2.9), (0, -0.1, 0.65))


def date_walnut():
    reset(11, (0.80, 0.70, 0.58))
    white = material("white", (0.88, 0.86, 0.82), rough=0.25, coat=0.5)
    vessel(PLATE, white, wall=0.05)
    skin = jujubes()
    meat = material("meat", (0.72, 0.55, 0.34), rough=0.7, bump=0.8, bump_scale=14)
    nut = lump(0.14, (1, 0.6, 1.0), meat, wrinkle=0.08, size=0.06, fine=0.03)
    spots = [
        (0, 0),
        (0.55, 0.1),
        (-0.55, 0.05),
        (0.28, -0.45),
        (-0.3, -0.48),
        (0.3, 0.55),
        (-0.28, 0.52),
        (0.85, -0.4),
        (-0.86, -0.42),
        (0, -0.92),
    ]
    turns = [random.random() * 3 for _ in spots]
    copies(skin, len(spots), lambda i: ((*spots[i], 0.34), (1.45, 0, turns[i]), 1.15))
    copies(
        [nut],
        len(spots),
        lambda i: ((spots[i][0], spots[i][1] - 0.03, 0.56), (1.5, 0, turns[i]), 1.15),
    )
    camera((0, -4.8, 3.1), (0, -0.1, 0.3))


def grain(name, color, second, unit, stretch, seed, backdrop, surface=None, coat=0.2):
    reset(seed, backdrop)
    cloth((0.70, 0.62, 0.50))
    skin = material(name, color, rough=0.4, coat=coat, second=second, scale=1.2)
    models = [lump(unit * 0.5, stretch, skin, segments=16)]
    vessel(BOWL, material("w", surface, rough=0.3, coat=0.4) if surface else clay())
    core = [
        (0.001 + 1.14 * k / 24, 0.64 + 0.42 * (1 - (k / 24) ** 2) - unit * 0.75) for k in range(25)
    ]
    lathe(core, skin, levels=1)
    count, place = carpet(1.12 - unit * 0.6, 0.42, unit, floor=0.64)
    copies(models, count, place)
    copies(
        models,
        40,
        lambda i: (
            (random.uniform(-2.1, 2.1), random.uniform(-1.6, -1.05), unit * 0.3),
            (0, 0, random.random() * 6),
            1.0,
        ),
    )
    camera((0, -5.0, 2.9), (0, -0.1, 0.65))


def millet():
    grain(
        "millet", (0.86, 0.56, 0.10), (0.95, 0.72, 0.24), 0.085, (1, 1, 0.9), 13, (0.58, 0.46, 0.34)
    )


def black_beans():
    grain(
        "black",
        (0.012, 0.012, 0.016),
        (0.03, 0.03, 0.04),
        0.15,
        (1.2, 0.9, 0.85),
        14,
        (0.74, 0.70, 0.62),
        (0.85, 0.82, 0.76),
        coat=0.5,
    )


def kidney_beans():
    grain(
        "kidney",
        (0.24, 0.015, 0.02),
        (0.42, 0.05, 0.05),
        0.18,
        (1.5, 0.9, 0.8),
        15,
        (0.70, 0.62, 0.50),
        coat=0.6,
    )


def mung_beans():
    grain(
        "mung",
        (0.10, 0.20, 0.02),
        (0.22, 0.32, 0.06),
        0.11,
        (1.15, 0.9, 0.9),
        16,
        (0.72, 0.70, 0.58),
        (0.80, 0.76, 0.68),
    )


def jar(
    content,
    height=1.5,
    radius=0.62,
    tint=(0.72, 0.26, 0.02),
    label=(0.90, 0.84, 0.70),
    at=(0, 0, 0),
):
    glass = material("glass", (1, 1, 1), rough=0.02, glass=1.0)
    inside = material(content, tint, rough=0.05, glass=0.72, coat=0.3)
    outer = [
        (radius * 0.94, 0.0),
        (radius, 0.06),
        (radius, height - 0.3),
        (radius * 0.78, height - 0.1),
        (radius * 0.78, height),
    ]
    lathe(
        [
            (0.001, 0.0),
            *outer,
            (radius * 0.74, height),
            (radius * 0.74, height - 0.1),
            (radius * 0.95, height - 0.32),
            (radius * 0.95, 0.08),
            (0.001, 0.06),
        ],
        glass,
        at=at,
    )
    lathe(
        [
            (0.001, 0.09),
            (radius * 0.93, 0.09),
            (radius * 0.93, height - 0.36),
            (0.001, height - 0.36),
        ],
        inside,
        at=at,
        levels=1,
    )
    lid = material("lid", (0.56, 0.40, 0.24), rough=0.6, bump=0.3)
    lathe(
        [
            (0.001, height + 0.16),
            (radius * 0.84, height + 0.16),
            (radius * 0.86, height + 0.12),
            (radius * 0.86, height - 0.06),
            (radius * 0.8, height - 0.06),
        ],
        lid,
        at=at,
        levels=1,
    )
    paper = material("label", label, rough=0.9, bump=0.2, bump_scale=120)
    ring = [(radius * 1.012, height * 0.22), (radius * 1.012, height * 0.6)]
    lathe(ring, paper, at=at, levels=0)


def honey():
    reset(21, (0.80, 0.66, 0.40))
    cloth((0.80, 0.74, 0.62))
    jar("honey")
    wood = material("wood", (0.50, 0.31, 0.16), rough=0.55, second=(0.38, 0.22, 0.10), scale=6)
    tube([(1.0, -0.7, 0.12), (1.5, -0.2, 0.16), (2.0, 0.35, 0.2)], 0.045, wood)
    for i in range(5):
        lathe(
            [(0.001, 0), (0.17, 0.01), (0.17, 0.05), (0.001, 0.06)],
            wood,
            at=(0.98 - 0.07 * i, -0.72 - 0.06 * i, 0.16),
        ).rotation_euler = (1.57, 0, -0.85)
    camera((0.2, -5.4, 2.1), (0.15, 0, 0.72))


def flower_honey():
    reset(22, (0.74, 0.76, 0.62))
    cloth((0.84, 0.82, 0.74))
    jar("pale", tint=(0.90, 0.55, 0.12), label=(0.86, 0.90, 0.80), at=(-0.45, 0.2, 0))
    jar(
        "pale2",
        height=1.05,
        radius=0.5,
        tint=(0.90, 0.55, 0.12),
        label=(0.86, 0.90, 0.80),
        at=(0.8, -0.35, 0),
    )
    petal = material("petal", (0.86, 0.80, 0.34), rough=0.6, sss=0.3)
    copies(
        [lump(0.06, (1, 0.5, 0.3), petal, segments=12)],
        60,
        lambda i: (
            (random.uniform(-1.8, 1.8), random.uniform(-1.5, -0.8), 0.04),
            (random.random(), random.random(), random.random() * 6),
            random.uniform(0.7, 1.3),
        ),
    )
    camera((0, -5.5, 2.2), (0.1, 0, 0.68))


def vinegar():
    reset(23, (0.52, 0.44, 0.38))
    cloth((0.36, 0.31, 0.27))
    dark = material(
        "jar", (0.025, 0.016, 0.012), rough=0.22, coat=0.7, second=(0.07, 0.035, 0.02), scale=3
    )
    vessel(
        [(0.5, 0), (0.62, 0.05), (0.8, 0.5), (0.78, 1.0), (0.5, 1.35), (0.3, 1.45), (0.34, 1.6)],
        dark,
        at=(-0.3, 0.15, 0),
    )
    red = material("red", (0.45, 0.03, 0.02), rough=0.9, bump=0.5, bump_scale=60)
    lump(0.38, (1, 1, 0.5), red, wrinkle=0.06, size=0.2).location = (-0.3, 0.15, 1.62)
    tube(
        [(-0.66, 0.0, 1.5), (-0.3, -0.24, 1.46), (0.06, 0.0, 1.5)],
        0.03,
        material("rope", (0.72, 0.56, 0.32), rough=0.9),
    )
    vessel(
        [(0.3, 0), (0.34, 0.02), (0.5, 0.22), (0.54, 0.3)],
        material("w", (0.86, 0.84, 0.8), rough=0.2, coat=0.5),
        wall=0.035,
        at=(0.95, -0.6, 0),
    )
    lathe(
        [(0.001, 0.2), (0.44, 0.2)],
        material("v", (0.05, 0.012, 0.006), rough=0.03, coat=1.0),
        at=(0.95, -0.6, 0),
        levels=0,
    )
    camera((0.1, -5.4, 2.2), (0.15, 0, 0.75))


def apples():
    reset(24, (0.66, 0.70, 0.60))
    cloth((0.74, 0.70, 0.60))
    skin = material(
        "apple",
        (0.42, 0.02, 0.02),
        rough=0.28,
        coat=0.5,
        second=(0.72, 0.48, 0.12),
        scale=1.6,
        contrast=0.3,
        detail=9,
    )
    stalk = material("stalk", (0.18, 0.10, 0.04), rough=0.8)
    half = [
        (0.001, 0.30),
        (0.10, 0.22),
        (0.24, 0.20),
        (0.44, 0.32),
        (0.55, 0.55),
        (0.53, 0.78),
        (0.38, 0.96),
        (0.2, 0.98),
        (0.08, 0.90),
        (0.001, 0.84),
    ]
    spots = [
        (0, 0, 0),
        (-0.98, -0.15, 0.5),
        (0.95, -0.25, -0.4),
        (-0.45, -0.95, 0.2),
        (0.5, 0.85, -0.2),
        (-0.55, 0.85, 0.1),
    ]
    for x, y, lean in spots:
        one = lathe(half, skin, at=(x, y, -0.2))
        one.rotation_euler = (lean * 0.4, lean * 0.5, random.random() * 6)
        tube([(x, y, 0.66), (x + 0.02, y - 0.01, 0.8), (x + 0.07, y, 0.92)], 0.022, stalk)
    camera((0.3, -5.4, 2.6), (0, -0.1, 0.42))


def pumpkin():
    reset(26, (0.60, 0.62, 0.52))
    cloth((0.60, 0.54, 0.44))
    skin = material(
        "pumpkin",
        (0.75, 0.26, 0.03),
        rough=0.5,
        coat=0.2,
        second=(0.85, 0.42, 0.08),
        scale=2.0,
        bump=0.2,
    )
    mesh, steps, rings = [], 220, 60
    for j in range(rings + 1):
        t = math.pi * j / rings
        for i in range(steps):
            a = 2 * math.pi * i / steps
            rib = 1 - 0.13 * abs(math.cos(5.5 * a)) ** 6 * math.sin(t) ** 0.6
            r = 1.15 * math.sin(t) * rib
            mesh.append(
                (
                    r * math.cos(a),
                    r * math.sin(a),
                    0.62
                    + 0.62 * math.cos(t)
                    - 0.17 * math.exp(-9 * r * r) * math.copysign(1, math.cos(t)),
                )
            )
    faces = [
        (
            j * steps + i,
            j * steps + (i + 1) % steps,
            (j + 1) * steps + (i + 1) % steps,
            (j + 1) * steps + i,
        )
        for j in range(rings)
        for i in range(steps)
    ]
    data = bpy.data.meshes.new("pumpkin")
    data.from_pydata(mesh, [], faces)
    thing = kit.smooth(kit.link(data))
    thing.data.materials.append(skin)
    tube(
        [(0, 0, 1.0), (0.03, 0, 1.25), (0.14, -0.05, 1.45)],
        0.11,
        material("stalk", (0.26, 0.28, 0.10), rough=0.8, bump=0.5),
        taper=0.7,
    )
    camera((0.3, -5.3, 2.5), (0, 0, 0.6))


def oat_rolls():
    """栲栳栳: thin rolls of oat dough standing like a honeycomb in a steamer."""
    reset(28, (0.66, 0.58, 0.48))
    dough = material(
        "dough", (0.72, 0.58, 0.40), rough=0.7, sss=0.25, second=(0.80, 0.68, 0.50), scale=3
    )
    bamboo = material("bamboo", (0.66, 0.46, 0.22), rough=0.55, second=(0.54, 0.35, 0.15), scale=8)
    vessel([(1.5, 0), (1.56, 0.02), (1.56, 0.5), (1.54, 0.52)], bamboo, wall=0.07, levels=1)
    lathe(
        [(1.58, 0.16), (1.61, 0.16), (1.61, 0.3), (1.58, 0.3)],
        material("band", (0.44, 0.28, 0.12), rough=0.6),
        levels=0,
    )
    roll = lathe(
        [
            (0.15, 0),
            (0.165, 0.0),
            (0.17, 0.3),
            (0.16, 0.6),
            (0.13, 0.6),
            (0.135, 0.3),
            (0.13, 0.02),
        ],
        dough,
        steps=24,
        levels=1,
    )
    spots = [(0.335 * (i + (j % 2) / 2), 0.29 * j) for j in range(-5, 6) for i in range(-5, 6)]
    spots = [(x, y) for x, y in spots if math.hypot(x, y) < 1.3]
    copies(
        [roll],
        len(spots),
        lambda i: (
            (*spots[i], 0.1),
            (random.uniform(-0.09, 0.09), random.uniform(-0.09, 0.09), random.random() * 6),
            random.uniform(0.95, 1.04),
        ),
    )
    camera((0, -4.9, 3.3), (0, -0.1, 0.35))


PICTURES = {
    name: thing
    for name, thing in list(globals().items())
    if callable(thing)
    and getattr(thing, "__module__", "") == __name__
    and name
    in {
        "dates",
        "dates_gift",
        "dates_fresh",
        "walnuts",
        "date_walnut",
        "millet",
        "black_beans",
        "kidney_beans",
        "mung_beans",
        "honey",
        "flower_honey",
        "vinegar",
        "apples",
        "pumpkin",
        "oat_rolls",
    }
}
