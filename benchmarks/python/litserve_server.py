"""litserve_server.py REFERENCE WEIGHTS PORT: serves a checkpoint by LitServe, with batches of Millrace's size.

A request is JSON, {"image": base64 of 3072 bytes}. The response is {"label": index, "probability": p}.
"""
import base64, sys
import litserve, numpy, torch
import reference

BATCH = 64


class Classifier(litserve.LitAPI):
    def setup(self, device):
        self.peer = reference.load(sys.argv[1])
        weights = self.peer.safetensors(sys.argv[2])
        self.network = self.peer.TinyImageNet(weights["fc3.bias"].shape[0])
        self.network.load_state_dict(weights)
        self.network.eval()

    def decode_request(self, request):
        return numpy.frombuffer(base64.b64decode(request["image"]), numpy.uint8).reshape(3, 32, 32)

    def batch(self, inputs):
        return torch.from_numpy(numpy.stack(inputs))

    def predict(self, images):
        with torch.inference_mode():
            return self.network(self.peer.normalise(images)).softmax(1).max(1)

    def unbatch(self, output):
        return list(zip(output.values.tolist(), output.indices.tolist()))

    def encode_response(self, output):
        return {"label": output[1], "probability": output[0]}


if __name__ == "__main__":
    api = Classifier(max_batch_size=BATCH, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[3]), num_api_servers=1, generate_client_file=False, log_level="warning")
