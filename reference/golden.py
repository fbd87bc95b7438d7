#!/usr/bin/env python3
"""Computes golden.json: values of PyTorch that Millrace's tests compare with their own.

    golden.py           writes golden.json beside this file
    golden.py --check   prints how far PyTorch's float32 is from the values in golden.json

The values are computed in float64, so that they are the same on every machine and in every version
of PyTorch; they are what the float32 of the tests approximates. Weights, images and labels are not
stored: both sides draw them from numbered streams of random bits (see `bits`), and golden.json
names the stream and the scale of each tensor.
"""

import argparse
import json
import math
import platform
import re
from pathlib import Path

import numpy as np
import torch
from torch import nn

import train

FILE = Path(__file__).with_name("golden.json")
STATISTICS = {"cifar10": train.CIFAR10, "cifar100": train.CIFAR100}
# Weights are uniform in [-scale, scale); one scale for each layer. Those of cifar10 keep the outputs
# of all layers near 1. Those of cifar100 are so large that LRN is far from linear.
SCALES = {
    "cifar10": [1 / 2, 1 / 16, 1 / 16, 1 / 16, 1 / 8, 1 / 8],
    "cifar100": [32, 1, 1 / 32, 1 / 32, 1 / 16, 1 / 32],
}
IMAGES = {"cifar10": 57, "cifar100": 6}
NOISE, SQUARES, LABELS, PROJECTION, SAMPLES = 101, 102, 103, 104, 105  # streams


def bits(stream, count):
    """The first numbers of a stream, uint32: MurmurHash3's finaliser of a counter."""
    x = (np.arange(count, dtype=np.uint64) + stream * 0x9E3779B9).astype(np.uint32)
    x ^= x >> 16
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> 13
    x *= np.uint32(0xC2B2AE35)
    return x ^ (x >> 16)


def uniform(stream, shape, scale, dtype=torch.float64):
    """Multiples of scale / 2**23 in [-scale, scale): exact in float32 if scale is a power of two."""
    numbers = (bits(stream, math.prod(shape)) >> 8).astype(np.int64) - (1 << 23)
    return torch.from_numpy(numbers * (scale / (1 << 23))).view(shape).to(dtype)


def draw_images(count):
    """U8 (count, 3, 32, 32): squares of 8x8 pixels that have one value in 0 to 127, plus noise."""
    noise = (bits(NOISE, count * 3072) >> 25).reshape(count, 3, 32, 32)
    squares = (bits(SQUARES, count * 48) >> 25).reshape(count, 3, 4, 4)
    return torch.from_numpy((noise + squares.repeat(8, 2).repeat(8, 3)).astype(np.uint8))


def draw_labels(count, classes):
    return torch.from_numpy(((bits(LABELS, count) >> 8) % classes).astype(np.int64))


def values(tensor):
    """Nested lists of numbers with nine digits, more than float32 has."""
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.tolist()
    return [values(t) for t in tensor] if isinstance(tensor, list) else float("%.9g" % tensor)


def summary(tensor):
    """Of a large tensor: norm, some elements, and the product with a random vector.

    Every element changes the product.
    """
    flat = tensor.detach().flatten().double()
    at = bits(SAMPLES, 8) % len(flat)
    return {
        "norm": values(flat.norm()),
        "largest": values(flat.abs().max()),
        "projection": values(flat @ uniform(PROJECTION, flat.shape, 1)),
        "at": at.tolist(),
        "values": values(flat[torch.from_numpy(at.astype(np.int64))]),
    }


def summaries(tensors):
    return {name: summary(tensor) for name, tensor in tensors.items()}


def normalization(dtype):
    """Four pixels, the same in each channel, and their normalised values."""
    pixels = [0, 1, 128, 255]
    images = torch.tensor(pixels, dtype=torch.uint8).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    described = {}
    for name, (mean, std) in STATISTICS.items():
        normalised = train.normalise(images, (mean, std), dtype)[0, :, 0]
        described[name] = {"mean": mean, "std": std, "pixels": pixels, "values": values(normalised)}
    return described


def block(operation, streams, shape, dtype):
    """An operation of a network forward and backward, on values so large that LRN is not linear."""
    scale = 256
    x = uniform(streams[0], shape, scale, dtype).requires_grad_()
    y = operation(x)
    y.backward(uniform(streams[1], y.shape, 1, dtype))
    return {
        "shape": list(shape),
        "scale": scale,
        "stream": streams[0],
        "gradientStream": streams[1],
        "outputs": values(y.flatten()),
        "gradient": values(x.grad.flatten()),
    }


def blocks(dtype):
    net = train.TinyImageNet()
    return {
        "localResponseNorm": block(net.lrn, (111, 112), (2, 7, 3, 4), dtype),
        "normPool": block(
            lambda x: net.pool(net.lrn(torch.relu(x))), (113, 114), (2, 7, 7, 5), dtype
        ),
    }


class Case:
    """A network with drawn weights, and drawn images with labels."""

    def __init__(self, name, classes, dtype):
        self.name, self.classes = name, classes
        self.net = train.TinyImageNet(classes).to(dtype)
        self.drawn = {}
        with torch.no_grad():
            for number, (key, parameter) in enumerate(self.net.named_parameters()):
                stream, scale = number + 1, SCALES[name][number // 2]  # a weight and a bias a layer
                parameter.copy_(uniform(stream, parameter.shape, scale, dtype))
                self.drawn[key] = {"shape": list(parameter.shape), "stream": stream, "scale": scale}
        self.images = train.normalise(draw_images(IMAGES[name]), STATISTICS[name], dtype)
        self.labels = draw_labels(IMAGES[name], classes)

    def described(self):
        return {
            "classes": self.classes,
            "images": len(self.images),
            "parameters": self.drawn,
            "logits": values(self.net(self.images)),
            "evaluation": self.evaluation(),
            "gradients": summaries(self.gradients()),
        }

    def evaluation(self):
        """Mean cross-entropy, and how many images have their largest logit at their label."""
        logits = self.net(self.images)
        loss = nn.functional.cross_entropy(logits, self.labels)
        return {"loss": values(loss), "correct": (logits.argmax(1) == self.labels).sum().item()}

    def gradients(self):
        self.net.zero_grad()
        nn.functional.cross_entropy(self.net(self.images), self.labels).backward()
        return {name: parameter.grad for name, parameter in self.net.named_parameters()}

    def train(self, batch_size, epochs, peak):
        """One-cycle with the recipe's momentum and weight decay; the last minibatch is smaller."""
        optimizer = train.sgd(self.net, peak)
        batches = list(zip(self.images.split(batch_size), self.labels.split(batch_size)))
        scheduler = train.schedule(optimizer, "one-cycle", peak, len(batches), epochs)
        steps = []
        for images, labels in batches * epochs:
            rate = optimizer.param_groups[0]["lr"]
            loss = train.step(self.net, optimizer, nn.CrossEntropyLoss(), images, labels)
            steps.append({"rate": rate, "loss": values(loss)})
            scheduler.step()
        named = dict(self.net.named_parameters())
        return {
            "batchSize": batch_size,
            "epochs": epochs,
            "peak": peak,
            "momentum": train.MOMENTUM,
            "weightDecay": train.WEIGHT_DECAY,
            "steps": steps,
            "parameters": summaries(named),
            "velocities": summaries(
                {name: optimizer.state[p]["momentum_buffer"] for name, p in named.items()}
            ),
            "evaluation": self.evaluation(),
        }


def networks(dtype):
    described = {}
    for name, classes in (("cifar10", 10), ("cifar100", 100)):
        case = Case(name, classes, dtype)
        described[name] = case.described()
        if name == "cifar10":
            described[name]["training"] = case.train(batch_size=24, epochs=2, peak=0.02)
    return described


def optimizer(dtype):
    """SGD alone with a strong weight decay. Each step's gradient is the sum of two draws."""
    size, replicas, rates = 3000, 2, [0.1, 0.05, 0.05, 0.01]
    w = nn.Parameter(uniform(120, (size,), 1, dtype))
    sgd = torch.optim.SGD([w], lr=1, momentum=0.9, weight_decay=0.1)
    for number, rate in enumerate(rates):
        streams = range(121 + replicas * number, 121 + replicas * (number + 1))
        w.grad = sum(uniform(stream, (size,), 1, dtype) for stream in streams)
        sgd.param_groups[0]["lr"] = rate
        sgd.step()
    return {
        "size": size,
        "stream": 120,
        "firstGradientStream": 121,
        "replicas": replicas,
        "momentum": 0.9,
        "weightDecay": 0.1,
        "rates": rates,
        "parameters": summary(w),
        "velocities": summary(sgd.state[w]["momentum_buffer"]),
    }


def schedules():
    """The learning rate of some steps of whole runs, counted from 0."""
    runs = [
        ("multistep", 0.01, 3, 200, [0, 179, 180, 359, 360, 479, 480, 599]),
        ("step", 0.01, 3, 200, [0, 149, 150, 299, 300, 449, 450, 599]),
        ("cosine", 0.1, 3, 20, [0, 2, 3, 29, 30, 57, 59]),
        ("one-cycle", 0.05, 5, 12, [0, 1, 5, 16, 17, 18, 30, 40, 58, 59]),
        ("one-cycle", 0.05, 352, 12, [0, 1266, 1267, 2000, 4223]),
        ("one-cycle", 0.05, 3, 1, [0, 1, 2]),
        ("one-cycle", 0.05, 4, 1, [1]),
    ]
    described = []
    for name, base, steps, epochs, at in runs:
        sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=base)
        scheduler = train.schedule(sgd, name, base, steps, epochs)
        rates = []
        for step in range(1, steps * epochs + 1):
            rates.append(sgd.param_groups[0]["lr"])
            sgd.step()
            if name == "one-cycle" or step % steps == 0:
                scheduler.step()
        described.append(
            {
                "name": name,
                "base": base,
                "stepsPerEpoch": steps,
                "epochs": epochs,
                "at": at,
                "rates": [rates[step] for step in at],
            }
        )
    return described


def compute(dtype):
    return {
        "madeBy": "golden.py",
        "versions": {
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "bits": {"stream": NOISE, "values": bits(NOISE, 6).tolist()},
        "streams": {"noise": NOISE, "squares": SQUARES, "labels": LABELS, "projection": PROJECTION},
        "normalization": normalization(dtype),
        "blocks": blocks(dtype),
        "networks": networks(dtype),
        "optimizer": optimizer(dtype),
        "schedules": schedules(),
    }


def write():
    text = json.dumps(compute(torch.float64), indent=1)
    # Numbers that belong together are on one line.
    text = re.sub(r"\[[^\[\]{}]*\]", lambda numbers: re.sub(r"\s+", " ", numbers[0]), text)
    FILE.write_text(text + "\n")
    print(f"{FILE}: {len(text)} bytes")


def deviations(stored, found, path="", largest=0):
    """By path: how far numbers are from the stored ones, relative to the largest of their array.

    The product with the random vector is relative to the tensor's norm.
    """
    if isinstance(stored, dict):
        for key, value in stored.items():
            norm = stored.get("norm", 0) if key == "projection" else 0
            yield from deviations(value, found[key], f"{path}/{key}", norm)
    elif isinstance(stored, list) and isinstance(stored[0], (list, dict)):
        for a, b in zip(stored, found, strict=True):
            yield from deviations(a, b, path)
    elif not isinstance(stored, str):
        a, b = np.atleast_1d(stored), np.atleast_1d(found)
        yield path, abs(a - b).max() / (largest or abs(a).max() or 1)


def check():
    largest = {}
    for path, deviation in deviations(json.loads(FILE.read_text()), compute(torch.float32)):
        key = re.sub(r"/(conv|fc)\d\.(weight|bias)", "", path)
        largest[key] = max(deviation, largest.get(key, 0))
    for key, deviation in largest.items():
        if deviation > 0:
            print("%.1e %s" % (deviation, key))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    check() if args.check else write()


if __name__ == "__main__":
    main()
