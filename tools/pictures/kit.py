"""The studio: backdrop, light, camera, materials, and the ways of making round things."""

import math
import random

import bpy
from mathutils import Vector


def reset(seed=1, backdrop=(0.80, 0.68, 0.54), top=None):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    random.seed(seed)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = 24
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 6
    scene.render.resolution_x = scene.render.resolution_y = 720
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.render.image_settings.file_format = "PNG"
    world = bpy.data.worlds.new("w")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (1.0, 0.95, 0.88, 1)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.22
    sweep(backdrop)
    area((-3.2, -1.6, 4.2), 300, 2.6, (1.0, 0.93, 0.83))
    area((3.4, -2.4, 2.2), 45, 2.2, (0.86, 0.92, 1.0))
    area((1.6, 3.4, 3.4), 130, 1.4, (1.0, 0.90, 0.78))


def sweep(color):
    """A floor that curves up into the wall."""
    points = [(-9, 0), (3.0, 0)]
    points += [
        (3.0 + 2 * math.sin(a), 2 - 2 * math.cos(a))
        for a in (i * math.pi / 32 for i in range(1, 17))
    ]
    points += [(5.0, 9)]
    verts = [(x, y, z) for x in (-14, 14) for y, z in points]
    n = len(points)
    faces = [(i, i + 1, n + i + 1, n + i) for i in range(n - 1)]
    mesh = bpy.data.meshes.new("sweep")
    mesh.from_pydata(verts, [], faces)
    thing = link(mesh)
    smooth(thing)
    thing.data.materials.append(material("sweep", color, rough=0.9))


def area(place, power, size, color):
    light = bpy.data.lights.new("area", "AREA")
    light.energy, light.size, light.color = power, size, color
    thing = bpy.data.objects.new("area", light)
    thing.location = place
    thing.rotation_euler = (Vector((0, 0, 0.5)) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)


def camera(place=(0, -5.4, 2.7), look=(0, 0, 0.55), lens=70, fstop=4.0):
    cam = bpy.data.cameras.new("cam")
    cam.lens = lens
    thing = bpy.data.objects.new("cam", cam)
    thing.location = place
    thing.rotation_euler = (Vector(look) - Vector(place)).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)
    cam.dof.use_dof = True
    cam.dof.focus_distance = (Vector(look) - Vector(place)).length - 0.25
    cam.dof.aperture_fstop = fstop
    bpy.context.scene.camera = thing


def link(mesh, name="thing"):
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(thing)
    return thing


def smooth(thing):
    for polygon in thing.data.polygons:
        polygon.use_smooth = True
    return thing


def material(
    name,
    color,
    rough=0.5,
    coat=0.0,
    second=None,
    scale=4.0,
    bump=0.0,
    bump_scale=30.0,
    metal=0.0,
    glass=0.0,
    sss=0.0,
    detail=6.0,
    contrast=0.35,
):
    """A surface; `second` is mingled in by noise, `bump` roughens it."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    face = nodes["Principled BSDF"]
    face.inputs["Base Color"].default_value = (*color, 1)
    face.inputs["Roughness"].default_value = rough
    face.inputs["Metallic"].default_value = metal
    face.inputs["Coat Weight"].default_value = coat
    face.inputs["Coat Roughness"].default_value = 0.08
    face.inputs["Transmission Weight"].default_value = glass
    if sss:
        face.inputs["Subsurface Weight"].default_value = sss
        face.inputs["Subsurface Radius"].default_value = (0.12, 0.05, 0.03)
        face.inputs["Subsurface Scale"].default_value = 0.3
    where = nodes.new("ShaderNodeTexCoord")
    if second:
        noise = nodes.new("ShaderNodeTexNoise")
        noise.inputs["Scale"].default_value = scale
        noise.inputs["Detail"].default_value = detail
        ramp = nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position = 0.5 - contrast / 2
        ramp.color_ramp.elements[1].position = 0.5 + contrast / 2
        ramp.color_ramp.elements[0].color = (*color, 1)
        ramp.color_ramp.elements[1].color = (*second, 1)
        links.new(where.outputs["Object"], noise.inputs["Vector"])
        links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], face.inputs["Base Color"])
    if bump:
        rough_noise = nodes.new("ShaderNodeTexNoise")
        rough_noise.inputs["Scale"].default_value = bump_scale
        rough_noise.inputs["Detail"].default_value = 5
        step = nodes.new("ShaderNodeBump")
        step.inputs["Strength"].default_value = bump
        step.inputs["Distance"].default_value = 0.05
        links.new(where.outputs["Object"], rough_noise.inputs["Vector"])
        links.new(rough_noise.outputs["Fac"], step.inputs["Height"])
        links.new(step.outputs["Normal"], face.inputs["Normal"])
    return made


def lathe(profile, surface, steps=96, at=(0, 0, 0), levels=2):
    """Turn a profile of (radius, height) points around the z axis."""
    verts, faces, n = [], [], len(profile)
    for s in range(steps):
        angle = 2 * math.pi * s / steps
        verts += [(r * math.cos(angle), r * math.sin(angle), z) for r, z in profile]
    for s in range(steps):
        t = (s + 1) % steps
        faces += [(s * n + i, t * n + i, t * n + i + 1, s * n + i + 1) for i in range(n - 1)]
    mesh = bpy.data.meshes.new("lathe")
    mesh.from_pydata(verts, [], faces)
    thing = smooth(link(mesh))
    bpy.context.view_layer.objects.active = thing
    thing.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.remove_doubles(threshold=0.0005)
    bpy.ops.mesh.normals_make_consistent(inside=False)
    bpy.ops.object.mode_set(mode="OBJECT")
    thing.select_set(False)
    thing.modifiers.new("s", "SUBSURF").render_levels = levels
    thing.location = at
    thing.data.materials.append(surface)
    return thing


def vessel(outer, surface, wall=0.06, **more):
    """A hollow body: the outer profile from foot to lip, and the same inside."""
    inner = [(max(r - wall, 0.001), z) for r, z in reversed(outer) if z > outer[0][1] + wall * 1.6]
    inner = inner or [(0.2, outer[-1][1])]
    bottom = inner[-1][1]
    profile = [(0.001, outer[0][1]), *outer, *inner, (0.001, bottom - 0.01)]
    return lathe(profile, surface, **more)


def tube(points, radius, surface, taper=1.0):
    """A bent round bar: handles and spouts."""
    curve = bpy.data.curves.new("tube", "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth = radius
    curve.bevel_resolution = 6
    curve.use_fill_caps = True
    line = curve.splines.new("BEZIER")
    line.bezier_points.add(len(points) - 1)
    for i, (knot, place) in enumerate(zip(line.bezier_points, points)):
        knot.co = place
        knot.handle_left_type = knot.handle_right_type = "AUTO"
        knot.radius = 1 + (taper - 1) * i / max(len(points) - 1, 1)
    thing = bpy.data.objects.new("tube", curve)
    bpy.context.collection.objects.link(thing)
    curve.materials.append(surface)
    return thing


def lump(radius, stretch, surface, wrinkle=0.0, size=0.35, fine=0.0, seed=0, segments=40):
    """An egg-like thing whose skin is crumpled by clouds of two sizes."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=segments, ring_count=segments // 2, radius=radius)
    thing = smooth(bpy.context.object)
    thing.scale = stretch
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    for strength, scale in ((wrinkle, size), (fine, size / 3)):
        if strength:
            texture = bpy.data.textures.new("t", "CLOUDS")
            texture.noise_scale = scale
            texture.noise_depth = 3
            rough = thing.modifiers.new("d", "DISPLACE")
            rough.texture, rough.strength, rough.mid_level = texture, strength, 0.5
            rough.texture_coords = "GLOBAL" if seed else "LOCAL"
    thing.data.materials.append(surface)
    return thing


def copies(models, count, place):
    """Linked copies of the models, each put by place(i) -> (location, rotation, scale)."""
    for i in range(count):
        model = models[i % len(models)]
        twin = model.copy()
        location, rotation, scale = place(i)
        twin.location, twin.rotation_euler, twin.scale = location, rotation, (scale,) * 3
        bpy.context.collection.objects.link(twin)
    for model in models:
        model.hide_render = True


def heap(radius, height, unit, floor=0.0, lie=False):
    """A placement for `copies`: points close together under a dome."""
    spots = []
    tries = 0
    while tries < 60000 and len(spots) < 4000:
        tries += 1
        r = radius * math.sqrt(random.random())
        a = random.random() * 2 * math.pi
        top = floor + height * (1 - (r / radius) ** 2)
        z = top - random.random() * unit * 1.1
        spot = Vector((r * math.cos(a), r * math.sin(a), max(z, floor + unit * 0.4)))
        if all((spot - other).length > unit * 0.82 for other in spots[-900:]):
            spots.append(spot)
    random.shuffle(spots)

    def place(i):
        turn = (
            random.uniform(0, 6.28),
            random.uniform(-0.5, 0.5) if lie else random.uniform(0, 6.28),
            random.uniform(0, 6.28),
        )
        return spots[i % len(spots)], turn, random.uniform(0.88, 1.1)

    return len(spots), place


def carpet(radius, height, unit, floor=0.0):
    """A placement for `copies`: small things side by side over a dome, in two layers."""
    spots = []
    for layer in (0.0, 0.55):
        step = unit * 0.8
        n = int(radius / step) + 1
        for i in range(-n, n + 1):
            for j in range(-n, n + 1):
                x = (i + (j % 2) / 2 + layer / 2) * step + random.gauss(0, unit * 0.12)
                y = (j * 0.87 + layer / 3) * step + random.gauss(0, unit * 0.12)
                r = math.hypot(x, y)
                if r < radius:
                    z = (
                        floor
                        + height * (1 - (r / radius) ** 2)
                        - layer * unit
                        + random.gauss(0, unit * 0.1)
                    )
                    spots.append((x, y, z))

    def place(i):
        return spots[i], (random.uniform(0, 6.28),) * 3, random.uniform(0.88, 1.1)

    return len(spots), place


def box(size, place, surface, bevel=0.03, turn=0.0):
    bpy.ops.mesh.primitive_cube_add(size=1, location=place, rotation=(0, 0, turn))
    thing = bpy.context.object
    thing.scale = size
    bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    edge = thing.modifiers.new("b", "BEVEL")
    edge.width, edge.segments = bevel, 4
    thing.data.materials.append(surface)
    return thing


def render(path):
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
