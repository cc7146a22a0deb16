namespace ZoneTierFS.Engine.Zones;

/// <summary>Why bytes were written to a device; <see cref="WrittenBytes"/> says what each means.</summary>
internal enum WriteCause
{
    User,
    Cleaning,
    Moving,
    Metadata,
    Padding,
}
