namespace ZoneTierFS.Engine.Placement;

/// <summary>What a file is to the runtime that uses it; decides its tier and its stream. The values are on media: never reuse one.</summary>
public enum FileClass : byte
{
    Other = 0,
    Weights = 1,
    Lora = 2,
    Kv = 3,
    Checkpoint = 4,
    Optimizer = 5,
    Dataset = 6,
    Scratch = 7,
}
