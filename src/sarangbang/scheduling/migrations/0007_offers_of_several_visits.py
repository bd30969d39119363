import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0006_names_for_readers"),
    ]

    operations = [
        migrations.AddField(
            model_name="waitingoffer",
            name="step",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scheduling.pathwaystep",
                verbose_name="step of a treatment",
            ),
        ),
        migrations.AddField(
            model_name="waitingoffertime",
            name="step",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scheduling.pathwaystep",
                verbose_name="step of a treatment",
            ),
        ),
    ]
