using static ZoneTierFS.Engine.Placement.ContentKind;

namespace ZoneTierFS.Engine.Placement;

/// <summary>The built-in rules, in order of precedence: the first that applies decides.</summary>
internal static class ClassifierRules
{
    private const ContentKind Unrecognised = Unknown | Plain;

    public static ReadOnlySpan<ClassifierRule> All => s_all;

    private static readonly ClassifierRule[] s_all =
    [
        // KV caches by path, before any magic: they come in the same containers as weights, and must never be taken for them.
        new(ClassReason.KvPathGds, FileClass.Kv, "**.kvcache.safetensors", Any),
        new(ClassReason.KvPathGds, FileClass.Kv, "**.weka1", Any),
        new(ClassReason.KvPathVllm, FileClass.Kv, "**/{hex:3}/{hex:2}_g{int}/{hex}.bin", Any),
        // Token hashes are MD5 or SHA-256. Model stores name directories by commit, which is SHA-1: those of 40 digits are left to the magic.
        new(ClassReason.KvPathLayer, FileClass.Kv, "**/{hex:32}/*.safetensors", Any),
        new(ClassReason.KvPathLayer, FileClass.Kv, "**/{hex:64}/*.safetensors", Any),
        new(ClassReason.KvPathLayer, FileClass.Kv, "**/{hex:32}/.tmp*", Any),
        new(ClassReason.KvPathLayer, FileClass.Kv, "**/{hex:64}/.tmp*", Any),
        new(ClassReason.KvPathLayer, FileClass.Kv, "**/encoder_cache.safetensors", Any),
        new(ClassReason.KvPathSglang, FileClass.Kv, "**/{hex:32+}_*.bin", Any),
        new(ClassReason.KvPathSglang, FileClass.Kv, "**/{hex:32+}.*_*.bin", Any),
        new(ClassReason.KvPathMooncake, FileClass.Kv, "**.bucket", Any),
        new(ClassReason.KvPathMooncake, FileClass.Kv, "**/kv_cache.data", Any),
        new(ClassReason.KvPathRank, FileClass.Kv, "**.rank_{int}", Any),
        new(ClassReason.KvPathLmcache, FileClass.Kv, "**/*@{int}@{int}@*.pt", Any),
        new(ClassReason.KvPathLmcache, FileClass.Kv, "**.pt", Any & ~(Unknown | Torch)),
        new(ClassReason.DefaultOther, FileClass.Other, "**/config.json", Any),
        new(ClassReason.KvEngineConfig, FileClass.Kv, "**", Any, BesideEngineConfig: true),

        // Magic at offset 0.
        new(ClassReason.KvMagicSession, FileClass.Kv, "**", LlamaState),
        new(ClassReason.KvSafetensorsHeader, FileClass.Kv, "**", SafetensorsKv),
        new(ClassReason.LoraAdapter, FileClass.Lora, "**", GgufAdapter | GgmlAdapter | SafetensorsAdapter),
        new(ClassReason.LoraAdapter, FileClass.Lora, "**/adapter_model*.safetensors", Safetensors),
        new(ClassReason.LoraAdapter, FileClass.Lora, "**/adapter_model*.bin", Torch),
        new(ClassReason.GgufMagic, FileClass.Weights, "**", Gguf),
        new(ClassReason.GgmlMagic, FileClass.Weights, "**", Ggml),
        new(ClassReason.SafetensorsHeader, FileClass.Weights, "**", Safetensors),
        new(ClassReason.TorchWeights, FileClass.Weights, "**.bin", Torch),
        new(ClassReason.TorchWeights, FileClass.Weights, "**/consolidated*.pth", Torch),
        new(ClassReason.TorchCheckpoint, FileClass.Checkpoint, "**", Torch),
        new(ClassReason.DatasetMagic, FileClass.Dataset, "**", Arrow | Parquet | TokenIndex),
        new(ClassReason.NumpyArray, FileClass.Scratch, "**", Numpy),

        // Names of temporary files that have no other final name; the others are recognised by ScratchName.
        new(ClassReason.OptimizerSwap, FileClass.Optimizer, "**.tensor.swp", Any),
        new(ClassReason.ScratchName, FileClass.Scratch, "**.swp", Any),
        new(ClassReason.ScratchName, FileClass.Scratch, "**-partial-{int}", Any),

        // Extensions, for files whose content is not known yet or says nothing.
        new(ClassReason.LoraAdapter, FileClass.Lora, "**/adapter_model*.safetensors", Unknown),
        new(ClassReason.LoraAdapter, FileClass.Lora, "**/adapter_model*.bin", Unknown),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**.gguf", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**.safetensors", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**.onnx", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**.onnx.data", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**.onnx_data", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**/params_shard_{int}.bin", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**/tensor.data_{int}", Unrecognised),
        new(ClassReason.WeightsExtension, FileClass.Weights, "**/pytorch_model*.bin", Unknown),
        new(ClassReason.ModelBlob, FileClass.Weights, "**/blobs/sha256-{hex:64}", Unknown),
        new(ClassReason.ModelBlob, FileClass.Weights, "**/blobs/{hex:64}", Unknown),
        new(ClassReason.CheckpointExtension, FileClass.Checkpoint, "**.distcp", Unrecognised),
        new(ClassReason.CheckpointExtension, FileClass.Checkpoint, "**.ckpt", Unrecognised),
        new(ClassReason.DatasetExtension, FileClass.Dataset, "**.arrow", Unrecognised),
        new(ClassReason.DatasetExtension, FileClass.Dataset, "**.parquet", Unrecognised),
        new(ClassReason.DatasetExtension, FileClass.Dataset, "**.tar", Unrecognised),
        new(ClassReason.DatasetExtension, FileClass.Dataset, "**.idx", Unknown),
    ];
}
