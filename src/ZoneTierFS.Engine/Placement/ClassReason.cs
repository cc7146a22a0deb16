namespace ZoneTierFS.Engine.Placement;

/// <summary>Which rule decided a file's class. The values are on media: never reuse one. <see cref="ClassReasons"/> has the words.</summary>
internal enum ClassReason : byte
{
    DefaultOther = 0,
    ExplicitAttribute = 1,
    ConfiguredGlob = 2,

    KvPathGds = 16,
    KvPathVllm = 17,
    KvPathLayer = 18,
    KvPathSglang = 19,
    KvPathMooncake = 20,
    KvPathRank = 21,
    KvPathLmcache = 22,
    KvEngineConfig = 23,
    KvMagicSession = 24,
    KvSafetensorsHeader = 25,

    LoraAdapter = 48,

    GgufMagic = 64,
    GgmlMagic = 65,
    SafetensorsHeader = 66,
    TorchWeights = 67,
    WeightsExtension = 68,
    ModelBlob = 69,

    TorchCheckpoint = 96,
    CheckpointExtension = 97,

    OptimizerSwap = 112,

    DatasetMagic = 128,
    DatasetExtension = 129,

    NumpyArray = 144,
    ScratchName = 145,
}
