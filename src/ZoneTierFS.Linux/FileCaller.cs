namespace ZoneTierFS.Linux;

/// <summary>Who asks: the owner of what an operation creates.</summary>
public readonly record struct FileCaller(uint UserId, uint GroupId, uint ProcessId);
