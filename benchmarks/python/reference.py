"""Loads the reference script, whose network and dataset all peers use."""
import types


def load(path):
    """Returns the script at `path` as a module, without running its main()."""
    source = open(path).read().rstrip().removesuffix("\nmain()")
    module = types.ModuleType("reference")
    exec(compile(source, path, "exec"), module.__dict__)
    return module
