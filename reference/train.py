#!/usr/bin/env python3
"""The reference network and recipe in plain PyTorch.

    train.py train --data DIR [--epochs 200] [--schedule multistep] [--lr 0.01] [--save FILE]
        Trains, and prints loss, accuracies and images/s of each epoch.
    train.py eval --weights weights.safetensors [--data DIR]
        Loads the weights of a checkpoint by name. Recomputes the probe if manifest.json is in the
        same folder, and prints the accuracy on the test images of DIR.
    train.py speed --data DIR [--input loader|memory] [--steps 60]
        Measures images/s of training steps. `loader` is the usual script: Pillow images through a
        DataLoader. `memory` takes batches from memory: the engine alone.

DIR holds the binary files of CIFAR-10 (cifar-10-batches-bin) or CIFAR-100 (cifar-100-binary).
"""

import argparse
import base64
import hashlib
import itertools
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.optim import lr_scheduler

CIFAR10 = (0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616)  # mean, standard deviation
CIFAR100 = (0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)
BATCH_SIZE, MOMENTUM, WEIGHT_DECAY = 128, 0.9, 5e-4
WARM_UP_STEPS = 10
PROBE_TOLERANCE = 1e-4  # of the largest logit, as the inference service has it


class TinyImageNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 3, padding=1)
        self.conv2 = nn.Conv2d(96, 96, 3, padding=1)
        self.conv3 = nn.Conv2d(96, 192, 3, padding=1)
        self.fc1 = nn.Linear(1728, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, classes)
        self.lrn = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0)
        self.pool = nn.MaxPool2d(3, stride=2)

    def forward(self, x):  # (B, 3, 32, 32)
        x = self.pool(self.lrn(torch.relu(self.conv1(x))))  # (B, 96, 15, 15)
        x = self.pool(self.lrn(torch.relu(self.conv2(x))))  # (B, 96, 7, 7)
        x = self.pool(torch.relu(self.conv3(x)))  # (B, 192, 3, 3)
        x = torch.relu(self.fc1(x.flatten(1)))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def normalise(images, statistics=CIFAR10, dtype=torch.float32):
    """U8 (B, 3, 32, 32) to what the network takes."""
    mean, std = (torch.tensor(s, dtype=dtype).view(1, 3, 1, 1) for s in statistics)
    return (images.to(dtype) / 255 - mean) / std


def records(path, label_bytes=1):
    """The images, U8 (N, 3, 32, 32), and labels, I64 (N), of a binary file."""
    rows = torch.from_numpy(np.fromfile(path, dtype=np.uint8)).view(-1, label_bytes + 3072)
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).clone()
    return images, rows[:, label_bytes - 1].long()


def dataset(folder):
    """Training images and labels, test images and labels, number of classes, statistics."""
    folder = Path(folder)
    if (folder / "train.bin").exists():  # a record begins with the coarse label, then the fine one
        return *records(folder / "train.bin", 2), *records(folder / "test.bin", 2), 100, CIFAR100
    parts = [records(folder / f"data_batch_{i}.bin") for i in range(1, 6)]
    images, labels = (torch.cat(part) for part in zip(*parts))
    return images, labels, *records(folder / "test_batch.bin"), 10, CIFAR10


def augment(images):
    """Zero padding by 4, a random crop of 32x32, a horizontal flip with probability 0.5."""
    count = len(images)
    padded = nn.functional.pad(images, (4, 4, 4, 4))
    top, left = torch.randint(0, 9, (2, count, 1))
    rows, columns = top + torch.arange(32), left + torch.arange(32)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    image, channel = torch.arange(count).view(-1, 1, 1, 1), torch.arange(3).view(1, -1, 1, 1)
    return padded[image, channel, rows.view(count, 1, 32, 1), columns.view(count, 1, 1, 32)]


class Augmented(torch.utils.data.Dataset):
    """The same, image by image with Pillow, as a DataLoader's workers usually do it."""

    def __init__(self, images, labels):
        self.images = images.permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = labels
        self.mean, self.std = (torch.tensor(s).view(3, 1, 1) for s in CIFAR10)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        from PIL import Image, ImageOps

        image = ImageOps.expand(Image.fromarray(self.images[index]), 4)
        left, top = torch.randint(0, 9, (2,)).tolist()
        image = image.crop((left, top, left + 32, top + 32))
        if torch.rand(1) < 0.5:
            image = ImageOps.mirror(image)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)
        return (pixels.float() / 255 - self.mean) / self.std, int(self.labels[index])


def network(classes, device):
    net = TinyImageNet(classes)
    return net.to(device) if device else net


def sgd(net, lr):
    return torch.optim.SGD(net.parameters(), lr=lr, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)


def schedule(optimizer, name, lr, steps, epochs):
    """A scheduler to step after every epoch; after every minibatch for one-cycle.

    lr is the rate of the first epoch; for one-cycle the peak. steps is minibatches an epoch.
    """
    if name == "multistep":
        return lr_scheduler.MultiStepLR(optimizer, [60, 120, 160], 0.1)
    if name == "step":
        return lr_scheduler.StepLR(optimizer, 50, 0.1)
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    return lr_scheduler.OneCycleLR(optimizer, lr, steps * epochs, cycle_momentum=False)


def step(net, optimizer, loss, images, labels):
    """Forward, backward, update; returns the mean loss."""
    device = next(net.parameters()).device
    optimizer.zero_grad()
    value = loss(net(images.to(device)), labels.to(device))
    value.backward()
    optimizer.step()
    return value.item()


@torch.no_grad()
def accuracy(net, images, labels, statistics):
    """In percent."""
    device = next(net.parameters()).device
    correct = 0
    for batch, expected in zip(images.split(500), labels.split(500)):
        found = net(normalise(batch, statistics).to(device)).argmax(1).cpu()
        correct += (found == expected).sum().item()
    return 100 * correct / len(labels)


def train(args):
    images, labels, test_images, test_labels, classes, statistics = dataset(args.data)
    count = max(1, min(args.validation, len(labels) // 10))
    held, trained = torch.randperm(len(labels)).split([count, len(labels) - count])
    net = network(classes, args.device)
    loss = nn.CrossEntropyLoss()
    optimizer = sgd(net, args.lr)
    steps = -(-len(trained) // BATCH_SIZE)  # the last minibatch may be smaller
    scheduler = schedule(optimizer, args.schedule, args.lr, steps, args.epochs)
    for epoch in range(1, args.epochs + 1):
        started, total = time.time(), 0.0
        for chosen in trained[torch.randperm(len(trained))].split(BATCH_SIZE):
            batch = normalise(augment(images[chosen]), statistics)
            total += step(net, optimizer, loss, batch, labels[chosen]) * len(chosen)
            if args.schedule == "one-cycle":
                scheduler.step()
        if args.schedule != "one-cycle":
            scheduler.step()
        rate = len(trained) / (time.time() - started)
        validation = accuracy(net, images[held], labels[held], statistics)
        test = accuracy(net, test_images, test_labels, statistics)
        print(
            f"epoch {epoch}: loss {total / len(trained):.4f}, validation accuracy {validation:.2f},"
            f" test accuracy {test:.2f}, {rate:.1f} images/s",
            flush=True,
        )
    if args.save:
        from safetensors.torch import save_file

        save_file(net.state_dict(), args.save)


def safetensors(path):
    """The tensors of a file by name."""
    from safetensors.torch import load_file

    return load_file(path)


def evaluate(args):
    weights = safetensors(args.weights)
    net = network(len(weights["fc3.bias"]), args.device)
    net.load_state_dict(weights)
    manifest_file = Path(args.weights).parent / "manifest.json"
    statistics = CIFAR10 if net.fc3.out_features == 10 else CIFAR100
    if manifest_file.exists():
        manifest = json.loads(manifest_file.read_text())
        statistics = manifest["normalization"]["mean"], manifest["normalization"]["std"]
        replay_probe(net, args.weights, manifest, statistics)
    if args.data:
        _, _, images, labels, _, _ = dataset(args.data)
        print(f"test accuracy {accuracy(net, images, labels, statistics):.2f}")


@torch.no_grad()
def replay_probe(net, weights, manifest, statistics):
    """Compares the logits that the trainer stored with those of this network."""
    if hashlib.sha256(Path(weights).read_bytes()).hexdigest() != manifest["weights"]["sha256"]:
        raise SystemExit(f"{weights} is not the file that manifest.json describes")
    pixels = base64.b64decode(manifest["probe"]["images"])
    images = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(-1, 3, 32, 32)
    stored = torch.tensor(manifest["probe"]["logits"])
    device = next(net.parameters()).device
    found = net(normalise(images, statistics).to(device)).cpu()
    deviation, largest = (found - stored).abs().max().item(), stored.abs().max().item()
    print(
        f"{manifest['id']}: logits of the probe: largest deviation {deviation:.1e} of {largest:.4f}"
    )
    if not deviation <= PROBE_TOLERANCE * largest:
        raise SystemExit("the network computes other logits than the trainer")


def speed(args):
    images, labels = records(Path(args.data) / "data_batch_1.bin")
    net = network(10, args.device)
    loss = nn.CrossEntropyLoss()
    optimizer = sgd(net, args.lr)
    if args.input == "memory":
        parts = list(zip(images.split(BATCH_SIZE), labels.split(BATCH_SIZE)))[:-1]
        batches = ((normalise(i), expected) for i, expected in itertools.cycle(parts))
    else:
        workers = dict(num_workers=args.workers, persistent_workers=args.workers > 0)
        data = Augmented(images, labels)
        loader = torch.utils.data.DataLoader(
            data, BATCH_SIZE, shuffle=True, drop_last=True, **workers
        )
        batches = itertools.chain.from_iterable(itertools.repeat(loader))
    for number, (batch, expected) in enumerate(batches):
        if number == WARM_UP_STEPS:
            started = time.time()
        if number == WARM_UP_STEPS + args.steps:
            break
        step(net, optimizer, loss, batch, expected)
    rate = args.steps * BATCH_SIZE / (time.time() - started)
    threads = torch.get_num_threads()
    print(f"torch {torch.__version__} input {args.input} threads {threads}: {rate:.1f} images/s")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("command", choices=["train", "eval", "speed"])
    add("--data", help="the folder of the binary files")
    add("--device", help="cpu (default) or cuda")
    add("--threads", type=int, help="of PyTorch on a CPU (default: its own choice)")
    add("--seed", type=int, default=0)
    add("--epochs", type=int, default=200)
    add("--schedule", choices=["multistep", "step", "cosine", "one-cycle"], default="multistep")
    add("--lr", type=float, default=0.01, help="learning rate; for one-cycle the peak")
    add("--validation", type=int, default=5000, help="images to hold out, at most a tenth")
    add("--save", help="where train writes the weights")
    add("--weights", help="what eval reads")
    add("--input", choices=["loader", "memory"], default="loader")
    add("--workers", type=int, default=2, help="of the DataLoader")
    add("--steps", type=int, default=60, help="that speed measures")
    args = parser.parse_args()
    needed = "weights" if args.command == "eval" else "data"
    if getattr(args, needed) is None:
        parser.error(f"{args.command} needs --{needed}")
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    {"train": train, "eval": evaluate, "speed": speed}[args.command](args)


if __name__ == "__main__":
    main()
