namespace ZoneTierFS.Simulation;

/// <summary>A zone at one moment.</summary>
/// <param name="Written">Bytes of the image that count.</param>
/// <param name="Finished">The pointer stands at the capacity, whatever was written.</param>
/// <param name="Epoch">Resets so far.</param>
internal readonly record struct ZoneState(ZoneImage Image, long Written, bool Finished, ulong Epoch)
{
    public bool IsEmpty => Written == 0 && !Finished;

    public bool IsFull(long capacity) => Finished || Written == capacity;

    /// <summary>Partly written: one of the zones that a device can only have so many of.</summary>
    public bool IsActive(long capacity) => !IsEmpty && !IsFull(capacity);
}
