"""From a fact to what there is to say: about which event, to whom, where it leads, in which words.

Each function looks at the present state, so it says nothing that is no longer true, and names the
event by a key: facts that bring the same news share a key, and whoever comes second says nothing.
"""
