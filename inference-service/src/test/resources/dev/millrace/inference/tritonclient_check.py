"""What Triton's own clients make of the server: python tritonclient_check.py HTTP_PORT GRPC_PORT VERSION PIXELS

PIXELS is a file of two images, 3x32x32 bytes each. Prints the logits of each way of asking, one JSON
list a line; the caller compares them with what the network computes.
"""

import json
import sys

import numpy as np
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException

MODEL = "tinyimagenet"


def check_metadata(client, version, get):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready(MODEL)
    assert client.is_model_ready(MODEL, version)
    server = client.get_server_metadata()
    assert get(server, "name") == "millrace"
    assert "binary_tensor_data" in get(server, "extensions")
    model = client.get_model_metadata(MODEL)
    assert list(get(model, "versions")) == [version], model
    assert [get(tensor, "name") for tensor in get(model, "inputs")] == ["images"]
    assert list(map(int, get(get(model, "inputs")[0], "shape"))) == [-1, 3, 32, 32]


def check_extensions(kind, client, version):
    how = {} if kind is over_http else {"as_json": True}
    server = client.get_server_metadata(**how)
    assert {"statistics", "model_repository", "model_configuration"} <= set(server["extensions"]), server
    for stats in (
        client.get_inference_statistics(**how),
        client.get_inference_statistics(MODEL, **how),
        client.get_inference_statistics(MODEL, version, **how),
    ):
        (model,) = stats["model_stats"]
        assert model["name"] == MODEL and model["version"] == version, model
        assert int(model["inference_count"]) >= int(model["execution_count"]) > 0, model
        success = model["inference_stats"]["success"]
        assert int(success["count"]) > 0 and int(success["ns"]) > 0, model
        assert int(model["batch_stats"][0]["compute_infer"]["count"]) > 0, model
    for config in (client.get_model_config(MODEL, **how), client.get_model_config(MODEL, version, **how)):
        config = config.get("config", config)
        assert config["name"] == MODEL and config["max_batch_size"] == 64, config
        assert [int(size) for size in config["input"][0]["dims"]] == [3, 32, 32], config
        assert config["input"][0]["data_type"] == "TYPE_UINT8", config
        assert [output["name"] for output in config["output"]] == ["logits", "probabilities", "labels"], config
        assert "dynamic_batching" in config, config
    index = client.get_model_repository_index(**how)
    index = index if kind is over_http else index["models"]
    assert [(entry["name"], entry["version"], entry["state"]) for entry in index] == [(MODEL, version, "READY")], index
    for refused in (client.load_model, client.unload_model):
        try:
            refused(MODEL)
        except InferenceServerException as e:
            assert "promote" in e.message(), e
        else:
            raise AssertionError("no failure for %s" % refused)


def infer(kind, client, pixels, datatype, **how):
    array = pixels if datatype == "UINT8" else pixels.astype(np.float32)
    tensor = kind.InferInput("images", array.shape, datatype)
    if kind is over_http:
        tensor.set_data_from_numpy(array, binary_data=how.pop("binary_input", True))
    else:
        tensor.set_data_from_numpy(array)
    return client.infer(MODEL, [tensor], request_id="7", **how)


def check_inference(kind, client, version, pixels):
    ways = [dict(datatype="UINT8"), dict(datatype="FP32"), dict(datatype="UINT8", model_version=version)]
    if kind is over_http:
        ways.append(dict(datatype="UINT8", binary_input=False))
        ways.append(dict(datatype="UINT8", request_compression_algorithm="gzip"))
        ways.append(
            dict(
                datatype="FP32",
                binary_input=False,
                request_compression_algorithm="deflate",
                response_compression_algorithm="gzip",
            )
        )
        ways.append(
            dict(
                datatype="FP32",
                outputs=[
                    kind.InferRequestedOutput("logits", binary_data=False),
                    kind.InferRequestedOutput("probabilities", binary_data=True),
                    kind.InferRequestedOutput("labels", binary_data=True),
                ],
            )
        )
    else:
        names = ["logits", "probabilities", "labels"]
        ways.append(dict(datatype="UINT8", outputs=[kind.InferRequestedOutput(n) for n in names]))
        ways.append(dict(datatype="UINT8", compression_algorithm="gzip"))
        ways.append(dict(datatype="FP32", compression_algorithm="deflate"))
    for way in ways:
        result = infer(kind, client, pixels, **way)
        logits = result.as_numpy("logits")
        assert logits.shape == (2, 10) and logits.dtype == np.float32, logits
        probabilities = result.as_numpy("probabilities")
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        assert np.allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-5)
        labels = result.as_numpy("labels")
        assert labels.shape == (2,), labels
        print(json.dumps(logits.flatten().tolist()))


def check_failures(kind, client, pixels):
    for model, version in (("resnet", ""), (MODEL, "7")):
        try:
            tensor = kind.InferInput("images", pixels.shape, "UINT8")
            tensor.set_data_from_numpy(pixels)
            client.infer(model, [tensor], model_version=version)
        except InferenceServerException as e:
            assert version in e.message() or model in e.message(), e
        else:
            raise AssertionError("no failure for %s %s" % (model, version))


def main():
    http_port, grpc_port, version, path = sys.argv[1:]
    pixels = np.fromfile(path, dtype=np.uint8).reshape(2, 3, 32, 32)
    for kind, port, get in (
        (over_http, http_port, lambda value, name: value[name]),
        (over_grpc, grpc_port, getattr),
    ):
        client = kind.InferenceServerClient("localhost:" + port)
        check_metadata(client, version, get)
        check_inference(kind, client, version, pixels)
        check_extensions(kind, client, version)
        check_failures(kind, client, pixels)
        client.close()


main()
