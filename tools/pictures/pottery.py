"""Goods of the pottery."""

import math

from kit import box, camera, copies, lathe, lump, material, reset, tube, vessel

STONE = (0.62, 0.60, 0.57)


def wood():
    box(
        (3.4, 2.2, 0.12),
        (0, 0.1, 0.0),
        material(
            "wood", (0.34, 0.21, 0.12), rough=0.45, second=(0.24, 0.14, 0.07), scale=2.5, coat=0.2
        ),
        0.04,
        0.12,
    )


def celadon():
    return material(
        "celadon",
        (0.42, 0.58, 0.48),
        rough=0.12,
        coat=0.8,
        second=(0.52, 0.66, 0.55),
        scale=1.5,
        sss=0.15,
    )


def tenmoku():
    return material(
        "tenmoku",
        (0.010, 0.008, 0.010),
        rough=0.16,
        coat=0.9,
        second=(0.30, 0.13, 0.03),
        scale=9,
        contrast=0.22,
        detail=12,
    )


def porcelain():
    return material("porcelain", (0.90, 0.89, 0.86), rough=0.1, coat=0.8, sss=0.2)


def rough(color=(0.44, 0.31, 0.22), second=(0.30, 0.21, 0.15)):
    return material("stoneware", color, rough=0.8, second=second, scale=5, bump=0.4, bump_scale=45)


def ash():
    return material(
        "ash",
        (0.48, 0.44, 0.30),
        rough=0.3,
        coat=0.4,
        second=(0.26, 0.22, 0.14),
        scale=3.2,
        bump=0.15,
        contrast=0.3,
    )


def tea(at=(0, 0, 0), radius=0.5):
    lathe(
        [(0.001, 0), (radius, 0)],
        material("tea", (0.42, 0.16, 0.02), rough=0.03, coat=1.0),
        at=at,
        levels=0,
    )


CUP = [(0.26, 0.0), (0.3, 0.02), (0.34, 0.1), (0.5, 0.3), (0.58, 0.55), (0.62, 0.62)]
WIDE = [(0.24, 0.0), (0.28, 0.04), (0.3, 0.12), (0.62, 0.4), (0.86, 0.66), (0.9, 0.74)]


def celadon_cups():
    reset(31, (0.70, 0.74, 0.70))
    wood()
    for x, y in ((-0.75, 0.25), (0.7, 0.35), (0.0, -0.55)):
        vessel(CUP, celadon(), wall=0.035, at=(x, y, 0.06))
        tea((x, y, 0.52), 0.5)
    camera((0.2, -5.0, 2.7), (0, -0.05, 0.35))


def tenmoku_bowl():
    reset(32, (0.46, 0.42, 0.40))
    wood()
    vessel(WIDE, tenmoku(), wall=0.05, at=(0, 0, 0.06)).scale = (1.35,) * 3
    tea((0, 0, 0.72), 0.85)
    camera((0.3, -4.8, 2.5), (0, 0, 0.5))


def gaiwan():
    reset(33, (0.78, 0.72, 0.64))
    wood()
    white = porcelain()
    vessel([(0.5, 0), (0.55, 0.02), (0.98, 0.12), (1.1, 0.2)], white, wall=0.04, at=(0, 0, 0.06))
    vessel(
        [(0.34, 0.0), (0.36, 0.05), (0.5, 0.2), (0.7, 0.55), (0.86, 0.9), (0.96, 1.0)],
        white,
        wall=0.035,
        at=(0, 0, 0.16),
    )
    lathe(
        [
            (0.001, 0.34),
            (0.12, 0.36),
            (0.17, 0.42),
            (0.1, 0.34),
            (0.13, 0.27),
            (0.4, 0.22),
            (0.72, 0.08),
            (0.80, 0.0),
            (0.76, 0.0),
            (0.3, 0.15),
            (0.001, 0.2),
        ],
        white,
        at=(0, 0, 1.06),
    )
    blue = material("blue", (0.04, 0.08, 0.30), rough=0.15, coat=0.8)
    for z, r in ((0.36, 0.545), (0.95, 0.862)):
        lathe([(r + 0.012, z), (r + 0.022, z + 0.035)], blue, at=(0, 0, 0.06), levels=0)
    camera((0.2, -5.2, 2.3), (0, 0, 0.68))


def teapot():
    reset(34, (0.68, 0.60, 0.52))
    wood()
    zisha = material(
        "zisha",
        (0.23, 0.085, 0.05),
        rough=0.5,
        second=(0.28, 0.11, 0.065),
        scale=14,
        bump=0.08,
        bump_scale=90,
    )
    lathe(
        [
            (0.001, 0.0),
            (0.5, 0.0),
            (0.56, 0.03),
            (0.86, 0.3),
            (0.92, 0.52),
            (0.8, 0.8),
            (0.5, 0.98),
            (0.42, 1.0),
            (0.001, 1.0),
        ],
        zisha,
        at=(0, 0, 0.06),
    )
    lathe(
        [
            (0.001, 0.36),
            (0.1, 0.35),
            (0.14, 0.28),
            (0.07, 0.2),
            (0.12, 0.15),
            (0.38, 0.06),
            (0.46, 0.0),
            (0.001, 0.0),
        ],
        zisha,
        at=(0, 0, 1.06),
    )
    tube([(0.8, 0, 0.42), (1.08, 0, 0.62), (1.22, 0, 0.9), (1.38, 0, 1.06)], 0.15, zisha, taper=0.5)
    tube(
        [(-0.72, 0, 0.92), (-1.12, 0, 1.02), (-1.36, 0, 0.74), (-1.18, 0, 0.42), (-0.84, 0, 0.34)],
        0.075,
        zisha,
    )
    vessel(CUP, zisha, wall=0.04, at=(1.15, -0.85, 0.06)).scale = (0.7,) * 3
    camera((0, -5.5, 2.3), (0.05, 0, 0.62))


def vase():
    reset(35, (0.72, 0.68, 0.62))
    vessel(
        [
            (0.42, 0),
            (0.48, 0.03),
            (0.78, 0.5),
            (0.86, 0.95),
            (0.62, 1.5),
            (0.26, 1.82),
            (0.24, 2.05),
            (0.34, 2.2),
        ],
        rough((0.52, 0.46, 0.40), (0.40, 0.34, 0.29)),
        at=(-0.1, 0, 0),
    )
    twig = material("twig", (0.16, 0.10, 0.06), rough=0.9, bump=0.4)
    bloom = material("bloom", (0.90, 0.46, 0.44), rough=0.6, sss=0.4)
    branches = [
        [(-0.1, 0, 2.0), (0.05, 0, 2.7), (0.45, 0, 3.2), (0.6, 0, 3.7)],
        [(-0.1, 0, 2.0), (-0.35, 0, 2.6), (-0.5, 0.1, 3.1)],
        [(0.05, 0, 2.7), (-0.02, 0.1, 3.2), (-0.1, 0, 3.6)],
    ]
    spots = []
    for line in branches:
        tube(line, 0.028, twig, taper=0.4)
        for (x0, y0, z0), (x1, y1, z1) in zip(line[1:], line[2:] or line[1:]):
            spots += [
                (x0 + (x1 - x0) * t, y0 + (y1 - y0) * t - 0.03, z0 + (z1 - z0) * t)
                for t in (0.1, 0.4, 0.7, 1.0)
            ]
    copies(
        [lump(0.085, (1, 1, 0.8), bloom, wrinkle=0.05, size=0.05, segments=16)],
        len(spots),
        lambda i: (spots[i], (i, i * 2, i), 0.7 + (i * 37 % 10) / 18),
    )
    camera((0, -8.0, 2.4), (0.05, 0, 1.75), lens=64)


def rice_bowls():
    reset(36, (0.62, 0.54, 0.46))
    wood()
    red = material(
        "copper",
        (0.50, 0.06, 0.04),
        rough=0.16,
        coat=0.8,
        second=(0.82, 0.72, 0.60),
        scale=1.4,
        contrast=0.25,
    )
    vessel(WIDE, red, wall=0.045, at=(-0.45, 0.1, 0.06)).scale = (1.1,) * 3
    vessel(WIDE, celadon(), wall=0.045, at=(0.85, -0.45, 0.06)).scale = (0.85,) * 3
    bamboo = material("bamboo", (0.30, 0.16, 0.08), rough=0.4)
    tube([(-1.3, -0.85, 0.12), (0.9, -1.12, 0.12)], 0.03, bamboo)
    tube([(-1.3, -0.95, 0.12), (0.9, -1.2, 0.12)], 0.03, bamboo)
    camera((0, -5.1, 2.9), (0, -0.1, 0.4))


def plates():
    reset(37, (0.60, 0.66, 0.66))
    wood()
    plate = [(0.6, 0.0), (0.68, 0.03), (1.1, 0.08), (1.42, 0.2)]
    for n, (surface, scale) in enumerate(((ash(), 1.05), (celadon(), 0.86), (porcelain(), 0.62))):
        vessel(plate, surface, wall=0.045, at=(0.02 * n, 0.02 * n, 0.06 + 0.1 * n)).scale = (
            scale,
            scale,
            1,
        )
    camera((0.1, -4.9, 3.2), (0, 0, 0.2))


def caddy():
    reset(38, (0.56, 0.52, 0.46))
    wood()
    surface = ash()
    lathe(
        [(0.001, 0), (0.6, 0), (0.68, 0.04), (0.8, 0.45), (0.78, 0.95), (0.55, 1.2), (0.001, 1.2)],
        surface,
        at=(-0.2, 0, 0.06),
    )
    lathe(
        [
            (0.001, 0.3),
            (0.12, 0.29),
            (0.15, 0.22),
            (0.08, 0.16),
            (0.5, 0.12),
            (0.56, 0.0),
            (0.001, 0.0),
        ],
        rough((0.16, 0.12, 0.09), (0.10, 0.08, 0.06)),
        at=(-0.2, 0, 1.26),
    )
    leaf = material("leaf", (0.05, 0.07, 0.02), rough=0.7)
    import random

    copies(
        [lump(0.05, (2.6, 0.5, 0.4), leaf, wrinkle=0.03, size=0.05, segments=12)],
        150,
        lambda i: (
            (
                1.05 + random.gauss(0, 0.22),
                -0.55 + random.gauss(0, 0.16),
                0.09 + random.random() * 0.08,
            ),
            (0, random.random() * 0.6, random.random() * 6),
            random.uniform(0.7, 1.2),
        ),
    )
    camera((0.1, -5.2, 2.4), (0.1, 0, 0.65))


def pitcher():
    reset(39, (0.76, 0.74, 0.70))
    wood()
    surface = celadon()
    vessel(
        [(0.4, 0), (0.46, 0.03), (0.66, 0.35), (0.6, 0.75), (0.5, 0.95), (0.56, 1.12)],
        surface,
        wall=0.04,
        at=(0, 0, 0.06),
    )
    tube([(-0.5, 0, 0.98), (-0.95, 0, 0.95), (-0.98, 0, 0.5), (-0.58, 0, 0.36)], 0.06, surface)
    tube([(0.46, 0, 1.08), (0.62, 0, 1.16), (0.74, 0, 1.24)], 0.1, surface, taper=0.6)
    tea((0, 0, 0.9), 0.5)
    camera((0.2, -5.0, 2.5), (0, 0, 0.6))


def incense():
    reset(40, (0.44, 0.44, 0.46))
    box(
        (3.4, 2.2, 0.1),
        (0, 0.1, 0.0),
        material("slate", (0.10, 0.11, 0.12), rough=0.6, bump=0.3),
        0.03,
        -0.1,
    )
    lump(
        0.9, (1, 0.72, 0.34), rough((0.50, 0.48, 0.45), (0.36, 0.34, 0.32)), wrinkle=0.1, size=0.5
    ).location = (-0.1, 0, 0.22)
    lump(
        0.42, (1, 0.9, 0.5), rough((0.36, 0.34, 0.33), (0.26, 0.25, 0.24)), wrinkle=0.06, size=0.3
    ).location = (0.85, -0.55, 0.16)
    tube(
        [(-0.1, 0, 0.45), (0.15, 0, 1.2), (0.4, 0, 1.95)],
        0.018,
        material("stick", (0.28, 0.12, 0.05), rough=0.9),
    )
    lump(
        0.03, (1, 1, 1.4), material("ember", (1.0, 0.25, 0.05), rough=0.5), segments=12
    ).location = (0.41, 0, 1.98)
    camera((0, -5.6, 1.9), (0.1, 0, 0.75))


def mugs():
    reset(41, (0.70, 0.62, 0.54))
    wood()
    for x, y, lower, upper, turn in (
        (-0.65, 0.1, rough(), ash(), 0.5),
        (0.75, -0.2, rough((0.20, 0.17, 0.15), (0.14, 0.12, 0.1)), porcelain(), -0.4),
    ):
        outer = [(0.44, 0), (0.5, 0.03), (0.56, 0.3), (0.56, 0.8), (0.54, 1.0)]
        vessel(outer, upper, wall=0.045, at=(x, y, 0.06))
        lathe(
            [(0.455, 0.0), (0.512, 0.03), (0.573, 0.3), (0.571, 0.38)],
            lower,
            at=(x, y, 0.062),
            levels=1,
        )
        c, s = math.cos(turn), math.sin(turn)
        arm = [(0.52, 0.85), (0.86, 0.84), (0.92, 0.5), (0.8, 0.28), (0.55, 0.26)]
        tube([(x + r * c, y - r * s, z + 0.06) for r, z in arm], 0.062, upper)
        tea((x, y, 0.88), 0.5)
    camera((0.1, -5.2, 2.6), (0.05, 0, 0.5))


def jar_two_ears():
    reset(42, (0.50, 0.54, 0.56))
    surface = material(
        "blue glaze",
        (0.05, 0.13, 0.22),
        rough=0.15,
        coat=0.8,
        second=(0.30, 0.46, 0.50),
        scale=2.6,
        contrast=0.3,
    )
    vessel(
        [(0.46, 0), (0.54, 0.04), (0.9, 0.6), (0.94, 1.0), (0.66, 1.42), (0.42, 1.6), (0.46, 1.78)],
        surface,
        at=(0, 0, 0),
    )
    for side in (-1, 1):
        tube([(side * 0.44, 0, 1.62), (side * 0.78, 0, 1.66), (side * 0.82, 0, 1.3)], 0.06, surface)
    camera((0.1, -6.2, 2.4), (0, 0, 0.92))


PICTURES = {
    thing.__name__: thing
    for thing in (
        celadon_cups,
        tenmoku_bowl,
        gaiwan,
        teapot,
        vase,
        rice_bowls,
        plates,
        caddy,
        pitcher,
        incense,
        mugs,
        jar_two_ears,
    )
}
