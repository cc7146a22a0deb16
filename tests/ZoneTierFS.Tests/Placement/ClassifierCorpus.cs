using ZoneTierFS.Engine.Placement;

namespace ZoneTierFS.Tests.Placement;

/// <summary>Files as the runtimes really name and begin them, with the class that each must get.</summary>
internal static class ClassifierCorpus
{
    public sealed record Sample(string Runtime, string Path, byte[]? Head, FileClass Class, FileClass? Becomes = null, bool BesideEngineConfig = false)
    {
        public override string ToString() => $"{Runtime}: {Path}{(Head is null ? " (not written yet)" : "")}";
    }

    private const string Md5 = "9e107d9d372bb6826bd81d3542a419d6";
    private const string Sha1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12";
    private const string Sha256 = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592";
    private const string VllmBase = "kv/meta-llama_Llama-3.1-8B_0123456789ab_r0";

    public static IReadOnlyList<Sample> KvCaches { get; } =
    [
        new("llama.cpp session", "sessions/chat", Heads.Magic(0x6767736e, 9), FileClass.Kv),
        new("llama.cpp session", "sessions/prompt.bin", Heads.Magic(0x6767736e, 9), FileClass.Kv),
        new("llama.cpp session being replaced", "sessions/prompt.bin.tmp", Heads.Magic(0x6767736e, 9), FileClass.Kv),
        new("llama.cpp slot", "slots/slot-0.bin", Heads.Magic(0x67677371, 2), FileClass.Kv),
        new("vLLM block", $"{VllmBase}/d7a/8f_g0/{Sha256}.bin", Heads.Tensor(), FileClass.Kv),
        new("vLLM block", $"{VllmBase}/d7a/8f_g12/{Sha256}.bin", Heads.Unwritten, FileClass.Kv),
        new("vLLM block being written", $"{VllmBase}/d7a/8f_g0/{Sha256}.bin_4711471147114711471.tmp", Heads.Unwritten, FileClass.Scratch, FileClass.Kv),
        new("vLLM block being written", $"{VllmBase}/d7a/8f_g0/{Sha256}.bin_4711.tmp", Heads.Tensor(2), FileClass.Scratch, FileClass.Kv),
        new("vLLM in its root", $"d7a/8f_g0/{Sha256}.bin", Heads.Tensor(3), FileClass.Kv),
        new("vLLM by its configuration", "kv/run/blk7.bin", Heads.Tensor(4), FileClass.Kv, BesideEngineConfig: true),
        new("vLLM by its configuration", "kv/run/blk8.safetensors", Heads.SafetensorsModel, FileClass.Kv, BesideEngineConfig: true),
        new("vLLM layer", $"connector/{Md5}/model.layers.0.self_attn.attn.safetensors", Heads.SafetensorsLayerKv, FileClass.Kv),
        new("vLLM layer", $"connector/{Sha256}/model.layers.31.self_attn.attn.safetensors", Heads.Unwritten, FileClass.Kv),
        new("vLLM layer in an unknown container", $"connector/{Md5}/model.layers.0.self_attn.attn.safetensors", Heads.SafetensorsModel, FileClass.Kv),
        new("vLLM layer being written", $"connector/{Md5}/.tmpA1b2C3", Heads.Unwritten, FileClass.Scratch, FileClass.Kv),
        new("vLLM layer being written", $"connector/{Md5}/.tmpA1b2C3", Heads.SafetensorsModel, FileClass.Scratch, FileClass.Kv),
        new("vLLM encoder cache", "ec/image-1/encoder_cache.safetensors",
            Heads.Safetensors("""{"ec_cache":{"dtype":"BF16","shape":[576,4096],"data_offsets":[0,4718592]}}"""), FileClass.Kv),
        new("vLLM CPU offload", "offload/vllm_kv.rank_0", Heads.Tensor(5), FileClass.Kv),
        new("LMCache disk", "lmcache/meta-llama-Llama-3.1-8B@1@0@-5f3a9c@bfloat16.pt", Heads.Tensor(6), FileClass.Kv),
        new("LMCache disk", "lmcache/vllm@meta-llama-Llama-3.1-8B@1@0@5f3a9c0d.pt", Heads.Unwritten, FileClass.Kv),
        new("LMCache disk", "lmcache/somekey.pt", Heads.Tensor(7), FileClass.Kv),
        new("LMCache disk", "lmcache/somekey.pt", Heads.SafetensorsModel, FileClass.Kv),
        new("LMCache GDS", "gds/d7/a8/llama@1@0@d7a8fbb3.kvcache.safetensors", Heads.SafetensorsKvChunk, FileClass.Kv),
        new("LMCache GDS", "gds/d7/a8/llama@1@0@d7a8fbb3.kvcache.safetensors", Heads.Unwritten, FileClass.Kv),
        new("LMCache GDS being written", "gds/d7/a8/llama@1@0@d7a8fbb3.kvcache.safetensors.tmp", Heads.Unwritten, FileClass.Scratch, FileClass.Kv),
        new("LMCache GDS on Weka", "gds/d7/a8/llama@1@0@d7a8fbb3.weka1", Heads.Tensor(8), FileClass.Kv),
        new("SGLang page", $"hicache/{Sha256}_meta-llama-Llama-3.1-8B_0_2.bin", Heads.Tensor(9), FileClass.Kv),
        new("SGLang page", $"hicache/{Sha256}_deepseek-ai-DeepSeek-V3.bin", Heads.Unwritten, FileClass.Kv),
        new("SGLang state", $"hicache/{Sha256}.mamba_nvidia-Nemotron_0_1.bin", Heads.Tensor(10), FileClass.Kv),
        new("SGLang page being written", $"hicache/{Sha256}_llama_0_2.bin.tmp.4711.140001.5d41402abc4b2a76b9719d911017c592", Heads.Tensor(11),
            FileClass.Scratch, FileClass.Kv),
        new("Mooncake bucket", "mooncake/1735689600123456.bucket", Heads.Tensor(12), FileClass.Kv),
        new("Mooncake store", "mooncake/kv_cache.data", Heads.Unwritten, FileClass.Kv),
        new("FlexGen cache", "flexgen_offload_dir/t_42", Heads.Numpy, FileClass.Scratch),
    ];

    /// <summary>Caches under names that say nothing, so that only the content can.</summary>
    public static IReadOnlyList<Sample> KvByContent { get; } =
    [
        new("vLLM layer elsewhere", "connector/request-7/model.layers.0.self_attn.attn.safetensors", Heads.SafetensorsLayerKv, FileClass.Kv),
        new("LMCache GDS under another name", "gds/chunk", Heads.SafetensorsKvChunk, FileClass.Kv),
    ];

    public static IReadOnlyList<Sample> Models { get; } =
    [
        new("llama.cpp", "models/llama-3.2-1b-q4_k_m.gguf", Heads.GgufModel, FileClass.Weights),
        new("llama.cpp", "models/llama-3.2-1b-q4_k_m.gguf", Heads.Unwritten, FileClass.Weights),
        new("llama.cpp copy out of order", "models/llama.gguf", new byte[4096], FileClass.Weights),
        new("llama.cpp shard", "models/qwen-00002-of-00005.gguf", Heads.Gguf(("split.no", 1u), ("split.count", 5u)), FileClass.Weights),
        new("llama.cpp projector", "models/mmproj-f16.gguf", Heads.Gguf(("general.architecture", "clip"), ("general.type", "mmproj")), FileClass.Weights),
        new("llama.cpp without extension", "models/latest", Heads.GgufModel, FileClass.Weights),
        new("llama.cpp LoRA", "loras/pirate.gguf", Heads.GgufLora, FileClass.Lora),
        new("whisper.cpp", "models/ggml-base.en.bin", Heads.Magic(0x67676d6c, 51864), FileClass.Weights),
        new("GGML LoRA", "loras/ggml-adapter-model.bin", Heads.Magic(0x67676c61, 1), FileClass.Lora),
        new("rsync copy", "models/.llama.gguf.aB3dE9", Heads.GgufModel, FileClass.Weights),
        new("ollama", $"ollama/blobs/sha256-{Sha256}", Heads.GgufModel, FileClass.Weights),
        new("ollama licence", $"ollama/blobs/sha256-{Sha256}", Heads.Text("MIT License\n"), FileClass.Other),
        new("ollama download", $"ollama/blobs/sha256-{Sha256}-partial", Heads.Unwritten, FileClass.Scratch, FileClass.Weights),
        new("ollama download out of order", $"ollama/blobs/sha256-{Sha256}-partial", new byte[4096], FileClass.Scratch, FileClass.Weights),
        new("ollama download", $"ollama/blobs/sha256-{Sha256}-partial", Heads.GgufModel, FileClass.Weights),
        new("ollama download state", $"ollama/blobs/sha256-{Sha256}-partial-3", Heads.Text("{\"N\":3}"), FileClass.Scratch),
        new("Hugging Face", $"hub/models--meta/blobs/{Sha256}", Heads.SafetensorsModel, FileClass.Weights),
        new("Hugging Face", $"hub/models--meta/blobs/{Sha256}", Heads.Unwritten, FileClass.Weights),
        new("Hugging Face small file", $"hub/models--meta/blobs/{Sha1}", Heads.Text("{\"architectures\":[\"LlamaForCausalLM\"]}"), FileClass.Other),
        new("Hugging Face download", $"hub/models--meta/blobs/{Sha256}.incomplete", Heads.Unwritten, FileClass.Scratch, FileClass.Weights),
        new("Hugging Face download", $"hub/models--meta/blobs/{Sha256}.incomplete", Heads.SafetensorsModel, FileClass.Weights),
        new("Hugging Face lock", $"hub/.locks/models--meta/{Sha256}.lock", Heads.Unwritten, FileClass.Other),
        new("Hugging Face snapshot", $"hub/models--meta/snapshots/{Sha1}/model-00001-of-00004.safetensors", Heads.SafetensorsModel, FileClass.Weights),
        new("Hugging Face configuration", "models/llama/config.json", Heads.Text("{}"), FileClass.Other),
        new("Hugging Face tokenizer", "models/llama/tokenizer.json", Heads.Text("{\"version\":\"1.0\"}"), FileClass.Other),
        new("safetensors", "models/llama/model.safetensors", Heads.SafetensorsModel, FileClass.Weights),
        new("safetensors being saved", "models/llama/.tmpQ9x7Lk", Heads.SafetensorsModel, FileClass.Weights),
        new("safetensors being saved", "models/llama/.tmpQ9x7Lk", Heads.Unwritten, FileClass.Scratch),
        new("PEFT", "loras/sql/adapter_model.safetensors", Heads.SafetensorsLora, FileClass.Lora),
        new("PEFT", "loras/sql/adapter_model.safetensors", Heads.Unwritten, FileClass.Lora),
        new("PEFT", "loras/sql/adapter_model.bin", Heads.TorchZip(), FileClass.Lora),
        new("PEFT download", "loras/sql/adapter_model.safetensors.incomplete", Heads.Unwritten, FileClass.Scratch, FileClass.Lora),
        new("diffusers LoRA", "loras/style.safetensors", Heads.SafetensorsLora, FileClass.Lora),
        new("PyTorch weights", "models/bert/pytorch_model.bin", Heads.TorchZip(), FileClass.Weights),
        new("PyTorch weights", "models/bert/pytorch_model-00001-of-00002.bin", Heads.Unwritten, FileClass.Weights),
        new("PyTorch weights, old", "models/bert/pytorch_model.bin", Heads.TorchPickle, FileClass.Weights),
        new("Llama as published", "models/llama-2/consolidated.00.pth", Heads.TorchZip("consolidated.00/data.pkl"), FileClass.Weights),
        new("ONNX", "models/phi/model.onnx", Heads.Text("\b\b\u0012\apytorch"), FileClass.Weights),
        new("ONNX", "models/phi/model.onnx.data", Heads.Tensor(20), FileClass.Weights),
        new("ONNX", "models/phi/model.onnx_data", Heads.Unwritten, FileClass.Weights),
        new("MLC", "models/mlc/params_shard_17.bin", Heads.Tensor(21), FileClass.Weights),
        new("ServerlessLLM", "models/sllm/tensor.data_0", Heads.Tensor(22), FileClass.Weights),
        new("ServerlessLLM index", "models/sllm/tensor_index.json", Heads.Text("{}"), FileClass.Other),
        new("browser download", "models/llama.gguf.crdownload", Heads.Unwritten, FileClass.Scratch, FileClass.Weights),
        new("wget-like download", "models/llama.gguf.part", new byte[64], FileClass.Scratch, FileClass.Weights),
    ];

    public static IReadOnlyList<Sample> TrainingAndData { get; } =
    [
        new("torch.save", "runs/7/step-1000.pt", Heads.TorchZip(), FileClass.Checkpoint),
        new("torch.save", "runs/7/step-1000.pth", Heads.TorchZip("step-1000/data.pkl"), FileClass.Checkpoint),
        new("torch.save, old", "runs/7/step-1000.pt", Heads.TorchPickle, FileClass.Checkpoint),
        new("torch.save begun", "runs/7/step-1000.pt", Heads.Unwritten, FileClass.Other),
        new("torch.save without extension", "runs/7/latest", Heads.TorchZip(), FileClass.Checkpoint),
        new("Lightning", "runs/7/epoch=1.ckpt", Heads.Unwritten, FileClass.Checkpoint),
        new("distributed checkpoint", "runs/7/dcp/__0_0.distcp", Heads.TorchZip(), FileClass.Checkpoint),
        new("distributed checkpoint", "runs/7/dcp/__3_1.distcp", Heads.Unwritten, FileClass.Checkpoint),
        new("distributed checkpoint index", "runs/7/dcp/.metadata", Heads.Text("\u0080\u0004"), FileClass.Other),
        new("DeepSpeed parameter", "swap/zero_stage_3/bfloat16params/rank0/12_param.tensor.swp", Heads.Tensor(30), FileClass.Optimizer),
        new("DeepSpeed parameter", "swap/zero_stage_3/bfloat16params/rank0/12_param.tensor.swp", Heads.Unwritten, FileClass.Optimizer),
        new("DeepSpeed gradient", "swap/zero_stage_3/optimizer/rank0/12_gradient_0_1048576.tensor.swp", Heads.Tensor(31), FileClass.Optimizer),
        new("DeepSpeed state", "swap/zero_stage_3/optimizer/rank0/12_exp_avg.tensor.swp", Heads.Tensor(32), FileClass.Optimizer),
        new("accelerate", "offload/model.layers.0.mlp.up_proj.weight.dat", Heads.Tensor(33), FileClass.Other),
        new("accelerate index", "offload/index.json", Heads.Text("{}"), FileClass.Other),
        new("NumPy", "arrays/embeddings.npy", Heads.Numpy, FileClass.Scratch),
        new("datasets", "data/train-00000-of-00002.arrow", [0xFF, 0xFF, 0xFF, 0xFF, 0x10, 0x02, 0, 0], FileClass.Dataset),
        new("Arrow file", "data/train.feather", Heads.Text("ARROW1\0\0"), FileClass.Dataset),
        new("Parquet", "data/train.parquet", Heads.Text("PAR1"), FileClass.Dataset),
        new("Parquet", "data/train.parquet", Heads.Unwritten, FileClass.Dataset),
        new("webdataset", "data/shard-000001.tar", Heads.Text("000000.jpg"), FileClass.Dataset),
        new("Megatron index", "data/corpus_text_document.idx", Heads.Text("MMIDIDX\0\0\u0001"), FileClass.Dataset),
        new("Megatron index", "data/corpus_text_document.idx", Heads.Unwritten, FileClass.Dataset),
        new("data set download", "data/train.parquet.incomplete", Heads.Unwritten, FileClass.Scratch, FileClass.Dataset),
    ];

    public static IReadOnlyList<Sample> Ordinary { get; } =
    [
        new("vLLM probe", "kv/.o_direct_probe_4711.tmp", new byte[4096], FileClass.Scratch),
        new("vLLM configuration", "kv/run/config.json", Heads.Text("{\"inference_engine\":\"vllm\"}"), FileClass.Other, BesideEngineConfig: true),
        new("LMCache metadata", "gds/d7/a8/llama@1@0@d7a8fbb3.metadata", Heads.Text("{}"), FileClass.Other),
        new("Mooncake metadata", "mooncake/1735689600123456.meta", Heads.Tensor(40), FileClass.Other),
        new("editor", "notes/.todo.txt.swp", Heads.Text("b0VIM 9.0"), FileClass.Scratch),
        new("numbered scratch", "work/out_17.tmp", Heads.Tensor(41), FileClass.Scratch),
        new("text", "README.md", Heads.Text("# hello"), FileClass.Other),
        new("text not written yet", "README.md", Heads.Unwritten, FileClass.Other),
        new("empty file", "empty", [], FileClass.Other),
        new("empty archive name", "x.pt", [], FileClass.Other),
        new("bytes", "firmware.bin", Heads.Tensor(42), FileClass.Other),
        new("short file", "x.bin", Heads.Text("GG"), FileClass.Other),
        new("short name", "a", Heads.Tensor(43), FileClass.Other),
        new("only a suffix", ".tmp", Heads.Tensor(44), FileClass.Scratch),
        new("hidden", ".part", Heads.Tensor(45), FileClass.Other),
    ];

    public static IEnumerable<Sample> All => [.. KvCaches, .. KvByContent, .. Models, .. TrainingAndData, .. Ordinary];
}
