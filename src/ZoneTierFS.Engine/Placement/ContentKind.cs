namespace ZoneTierFS.Engine.Placement;

/// <summary>What a file's first bytes show; a rule names all the kinds that it applies to.</summary>
[Flags]
internal enum ContentKind
{
    None = 0,

    /// <summary>The first bytes are not written yet.</summary>
    Unknown = 1 << 0,

    /// <summary>Written, and no format that is told apart here.</summary>
    Plain = 1 << 1,
    Gguf = 1 << 2,
    GgufAdapter = 1 << 3,
    Ggml = 1 << 4,
    GgmlAdapter = 1 << 5,
    LlamaState = 1 << 6,
    Safetensors = 1 << 7,
    SafetensorsKv = 1 << 8,
    Zip = 1 << 9,
    TorchPickle = 1 << 10,
    Numpy = 1 << 11,
    Arrow = 1 << 12,
    Parquet = 1 << 13,
    TokenIndex = 1 << 14,
    SafetensorsAdapter = 1 << 15,

    Any = (1 << 16) - 1,
    Torch = Zip | TorchPickle,
}
