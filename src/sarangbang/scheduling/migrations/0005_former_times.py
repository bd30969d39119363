import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_keyed_requests")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="former_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="former",
                to="scheduling.appointment",
            ),
        ),
    ]
