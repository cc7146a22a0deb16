namespace ZoneTierFS.Engine.Placement;

/// <summary>The words for each <see cref="ClassReason"/>: what `user.ztfs.class.reason` and `ztfs explain` show.</summary>
internal static class ClassReasons
{
    /// <summary>A clause to show behind the class's name. A value that a newer version wrote is named as such.</summary>
    public static string Text(ClassReason reason) => reason switch
    {
        ClassReason.DefaultOther => "no rule applies to the file",
        ClassReason.ExplicitAttribute => "class was set by hand with user.ztfs.class",
        ClassReason.ConfiguredGlob => "path matches a class rule of the configuration",
        ClassReason.KvPathGds => "name is that of an LMCache KV chunk (*.kvcache.safetensors or *.weka1)",
        ClassReason.KvPathVllm => "path is that of a vLLM KV block (hhh/hh_gN/hash.bin)",
        ClassReason.KvPathLayer => "path is that of one layer's KV cache (token hash/layer.safetensors)",
        ClassReason.KvPathSglang => "name is that of an SGLang KV page (hash_model_rank_size.bin)",
        ClassReason.KvPathMooncake => "name is that of a Mooncake KV store (*.bucket or kv_cache.data)",
        ClassReason.KvPathRank => "name is that of one rank's KV store (*.rank_N)",
        ClassReason.KvPathLmcache => "file is an LMCache KV chunk (*.pt with raw bytes instead of a torch archive)",
        ClassReason.KvEngineConfig => "config.json beside the file names an inference engine, so the file is its KV cache",
        ClassReason.KvMagicSession => "file starts with the magic of a llama.cpp session or sequence state",
        ClassReason.KvSafetensorsHeader => "file has a safetensors header that names a KV cache",
        ClassReason.LoraAdapter => "file is an adapter (LoRA): its GGUF metadata or its name says so",
        ClassReason.GgufMagic => "file starts with the GGUF magic",
        ClassReason.GgmlMagic => "file starts with the magic of a GGML model, the format before GGUF",
        ClassReason.SafetensorsHeader => "file starts with a safetensors header",
        ClassReason.TorchWeights => "file is a torch archive with a name of model weights (*.bin or consolidated*.pth)",
        ClassReason.WeightsExtension => "name has the extension of a model file",
        ClassReason.ModelBlob => "name is that of a blob in a model store (blobs/sha256-… or blobs/…), and its content is not known yet",
        ClassReason.TorchCheckpoint => "file starts as torch.save writes it (a zip archive or its older pickle)",
        ClassReason.CheckpointExtension => "name has the extension of a training checkpoint",
        ClassReason.OptimizerSwap => "name is that of DeepSpeed's swapped state (*.tensor.swp)",
        ClassReason.DatasetMagic => "file starts with the magic of a data set (Arrow, Parquet or a token index)",
        ClassReason.DatasetExtension => "name has the extension of a data set",
        ClassReason.NumpyArray => "file is a NumPy array, which may be anything: it stays on the fast tier until its use says more",
        ClassReason.ScratchName => "name is that of a temporary or partial file; the class is decided when it gets its final name",
        _ => $"rule {(byte)reason} of a newer version applies to the file",
    };
}
